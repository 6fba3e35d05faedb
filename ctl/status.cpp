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

bool hasRule(const Json& flow, const std::string& rule)
{
    const auto rules = flow.value("rules", Json::array());
    return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

/// Leaves the rules with this id, or the flow of this id and its rules; Failure when there is none.
void keepOnly(Json& status, const std::string& id)
{
    auto kept = Json::array();
    auto flows = Json::array();
    std::set<std::string> declared;
    for (const auto& flow : flowsOf(status)) {
        declared.insert(textOf(flow, "id"));
        if (textOf(flow, "id") == id)
            flows.push_back(flow);
    }
    for (const auto& rule : status["rules"]) {
        declared.insert(textOf(rule, "id"));
        if (textOf(rule, "id") == id || (!flows.empty() && hasRule(flows[0], textOf(rule, "id"))))
            kept.push_back(rule);
    }
    if (kept.empty() && flows.empty()) {
        std::string names;
        for (const auto& name : declared)
            names += (names.empty() ? "" : ", ") + name;
        throw Failure{
            ExitStatus::usage,
            "no rule \"" + printable(id) + "\"; declared: " + (names.empty() ? "none" : names)};
    }
    status["rules"] = kept;
    status["flows"] = flows;
}

} // namespace

ExitStatus status(const std::string& rule, bool json)
{
    Json status;
    withManager([&](Manager& manager) { status = statusOf(manager); });
    if (!rule.empty())
        keepOnly(status, rule);
    std::cout << (json ? status.dump(2) + '\n' : statusTable(status, wantsColour())) << std::flush;
    return allInPlace(status) ? ExitStatus::done : ExitStatus::failed;
}

} // namespace fwdguard::ctl
