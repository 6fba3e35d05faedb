// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/passage.hpp"

#include <algorithm>

namespace fwdguard {

namespace {

/// The kernel allows 16 (NFT_JUMP_STACK_SIZE); more is a loop that cannot be.
constexpr int maxDepth = 32;

std::string placeOf(const SurveyedChain& chain, std::size_t rule)
{
    const bool rejects = chain.rules[rule].effect == Effect::reject;
    return toString(chain.chain) + " rule " + std::to_string(rule + 1) +
           (rejects ? " (reject)" : " (drop)");
}

} // namespace

const SurveyedChain* find(const Survey& survey, const ChainId& chain)
{
    const auto at = std::ranges::lower_bound(survey.chains, chain, {}, &SurveyedChain::chain);
    return at != survey.chains.end() && at->chain == chain ? &*at : nullptr;
}

std::optional<std::string> Passage::endsAt(const SurveyedChain& base)
{
    const Outcome outcome = through(base, 0);
    if (outcome.mayBeAccepted)
        return std::nullopt;
    if (!outcome.mayComeBack)
        return placeOf(*outcome.chain, outcome.rule);
    if (base.base->policy == Policy::accept)
        return std::nullopt;
    // What `firewall-cmd --panic-on` makes of firewalld's table for policies.
    const bool panic =
        base.chain.table == "firewalld_policy_drop" && base.chain.chain == "raw_prerouting";
    return (panic ? "firewalld's panic mode: " : "") + ("policy drop of " + toString(base.chain));
}

Relation Passage::got(const SurveyedRule& rule) const
{
    return rule.match ? relate(packets_.match, *rule.match, packets_.version, constant_)
                      : Relation::some;
}

Passage::Outcome
Passage::throughTarget(const SurveyedChain& from, const SurveyedRule& rule, int depth)
{
    const SurveyedChain* target = find(survey_, {from.chain.family, from.chain.table, rule.target});
    if (target == nullptr || target->unread || depth >= maxDepth)
        return {.mayBeAccepted = true};
    if (const auto known = known_.find(target); known != known_.end())
        return known->second;
    const Outcome outcome = through(*target, depth + 1);
    known_.emplace(target, outcome);
    return outcome;
}

Passage::Outcome Passage::through(const SurveyedChain& chain, int depth)
{
    if (chain.unread)
        return {.mayBeAccepted = true};
    Outcome outcome;
    for (std::size_t i = 0; i < chain.rules.size(); ++i) {
        const SurveyedRule& rule = chain.rules[i];
        const Relation relation = got(rule);
        if (relation == Relation::none)
            continue;
        const bool all = relation == Relation::all;
        switch (rule.effect) {
        case Effect::carryOn:
            break;
        case Effect::accept:
        case Effect::unknown:
            return {.mayBeAccepted = true};
        case Effect::drop:
        case Effect::reject:
            if (!all)
                break;
            outcome.chain = &chain;
            outcome.rule = i;
            return outcome;
        case Effect::returnBack:
            outcome.mayComeBack = true;
            if (all)
                return outcome;
            break;
        case Effect::jump:
        case Effect::goTo: {
            Outcome there = throughTarget(chain, rule, depth);
            if (there.mayBeAccepted)
                return there;
            const bool jumps = rule.effect == Effect::jump;
            // What comes back from a goto has left this chain, too.
            outcome.mayComeBack |= there.mayComeBack && !jumps;
            if (!all || (jumps && there.mayComeBack))
                break;
            outcome.chain = there.chain;
            outcome.rule = there.rule;
            return outcome;
        }
        }
    }
    outcome.mayComeBack = true;
    return outcome;
}

} // namespace fwdguard
