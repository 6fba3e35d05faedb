// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/client.hpp"
#include "ctl/commands.hpp"
#include "ctl/status_table.hpp"
#include "ctl/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string_view>

#include <unistd.h>

namespace fwdguard::ctl {

namespace {

/// See no-color.org; a pipe gets none either.
bool wantsColour()
{
    const char* noColour = secure_getenv("NO_COLOR");
    const char* terminal = secure_getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && (noColour == nullptr || *noColour == '\0') &&
           (terminal == nullptr || std::string_view{terminal} != "dumb");
}

/// Leaves the rules with this id; Failure when there is none.
void keepOnly(Json& status, const std::string& id)
{
    auto kept = Json::array();
    std::set<std::string> declared;
    for (const auto& rule : status["rules"]) {
        declared.insert(textOf(rule, "id"));
        if (textOf(rule, "id") == id)
            kept.push_back(rule);
    }
    if (kept.empty()) {
        std::string names;
        for (const auto& name : declared)
            names += (names.empty() ? "" : ", ") + name;
        throw Failure{
            ExitStatus::usage,
            "no rule \"" + printable(id) + "\"; declared: " + (names.empty() ? "none" : names)};
    }
    status["rules"] = kept;
}

} // namespace

ExitStatus status(const std::string& rule, bool json)
{
    Json status;
    withManager([&](Manager& manager) { status = statusOf(manager); });
    if (!rule.empty())
        keepOnly(status, rule);
    std::cout << (json ? status.dump(2) + '\n' : statusTable(status, wantsColour())) << std::flush;
    const auto& rules = status["rules"];
    return std::all_of(rules.begin(), rules.end(), inPlace) ? ExitStatus::done : ExitStatus::failed;
}

} // namespace fwdguard::ctl
