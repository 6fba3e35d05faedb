// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/docker_chains.hpp"

#include <utility>

namespace fwdguard {

namespace {

bool drops(const SurveyedRule& rule)
{
    return rule.effect == Effect::drop || rule.effect == Effect::reject;
}

} // namespace

IntoBridge intoBridge(std::span<const SurveyedRule> rules)
{
    IntoBridge bridge;
    for (const SurveyedRule& rule : rules) {
        if (!rule.match)
            continue;
        Match others = *rule.match;
        const std::optional<MarkMatch> mark = std::exchange(others.mark, std::nullopt);
        if (others != Match{})
            continue;
        if (mark && !mark->negated && rule.effect == Effect::accept)
            bridge.marks.push_back(*mark);
        if (mark)
            continue;
        bridge.dropsRest = drops(rule);
        if (bridge.dropsRest || rule.effect == Effect::accept)
            break;
    }
    return bridge;
}

std::vector<std::optional<Match>> dropsOf(std::span<const SurveyedRule> rules)
{
    std::vector<std::optional<Match>> matches;
    for (const SurveyedRule& rule : rules)
        if (drops(rule))
            matches.push_back(rule.match);
    return matches;
}

} // namespace fwdguard
