// SPDX-License-Identifier: GPL-2.0-or-later
// Logs one incident as the daemon does, for journald_test.sh.
#include "report/log.hpp"
#include "unit/report/samples.hpp"

int main()
{
    fwdguard::Incident incident = fwdguard::test::sampleIncident();
    incident.cause.cmdline = "iptables -F\nFORWARD \xff";
    fwdguard::report::Log log(spdlog::level::info);
    log.write(fwdguard::report::messageOf(incident));
    return 0;
}
