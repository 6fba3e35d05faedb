// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/client.hpp"
#include "ctl/commands.hpp"
#include "ctl/status_table.hpp"

#include <iostream>

namespace fwdguard::ctl {

ExitStatus check()
{
    bool allInPlace = false;
    Json status;
    withManager([&](Manager& manager) {
        allInPlace = manager.Check();
        status = statusOf(manager);
    });
    const auto& rules = status["rules"];
    if (allInPlace) {
        std::cout << "in place: " << inPlaceLine(status) << '\n';
        return ExitStatus::done;
    }
    std::string missing;
    for (const auto& rule : rules)
        if (!settled(rule, status))
            missing += (missing.empty() ? "" : ", ") + textOf(rule, "id") + " (" +
                       textOf(rule, "state") + ')';
    for (const auto& flow : flowsOf(status))
        if (!inPlace(flow))
            missing += (missing.empty() ? "" : ", ") + ("flow " + textOf(flow, "id")) + " (" +
                       textOf(flow, "state") + ')';
    std::cout << "not in place: "
              << (missing.empty() ? "a rule, at the time of the check" : missing)
              << (textOf(status, "mode") == "observe" ? "; only observed, nothing is repaired" : "")
              << '\n';
    return ExitStatus::failed;
}

} // namespace fwdguard::ctl
