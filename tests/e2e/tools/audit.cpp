// SPDX-License-Identifier: GPL-2.0-or-later
// Says whether the kernel's audit is on; "keep" also sets it back to that in the end.
#include "xtables/audit_socket.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

#include <sys/prctl.h>

using namespace fwdguard;

namespace {

int failed(const char* what, std::error_code error)
{
    std::fprintf(stderr, "audit: %s: %s\n", what, error.message().c_str());
    return EXIT_FAILURE;
}

/// Prints it as well; nullopt: said why not.
std::optional<bool> tell()
{
    std::error_code error;
    const auto enabled = xtables::auditEnabled(error);
    if (!enabled)
        static_cast<void>(failed("cannot ask the kernel", error));
    else
        std::puts(*enabled ? "on" : "off");
    std::fflush(stdout);
    return enabled;
}

/// Until it is asked to end, or whoever started it ends, in whatever way.
int keep()
{
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, nullptr);
    std::signal(SIGINT, SIG_IGN); // Ctrl-C is for the lab, which ends us last
    std::signal(SIGHUP, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const auto before = tell();
    if (!before)
        return EXIT_FAILURE;
    int received = 0;
    sigwait(&end, &received);
    const auto error = xtables::setAuditEnabled(*before);
    return error ? failed("cannot set it", error) : EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv)
{
    const std::string_view word = argc == 2 ? argv[1] : "";
    if (word == "get")
        return tell() ? EXIT_SUCCESS : EXIT_FAILURE;
    if (word == "keep")
        return keep();
    std::fputs("usage: audit get|keep\n", stderr);
    return 64;
}
