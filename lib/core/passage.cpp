// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/passage.hpp"

#include "core/panic.hpp"

#include <algorithm>
#include <cstddef>
#include <set>

namespace fwdguard {

namespace {

/// The kernel allows 16 (NFT_JUMP_STACK_SIZE); more is a loop that cannot be.
constexpr int maxDepth = 32;

std::string placeOf(const SurveyedChain& chain, std::size_t rule)
{
    const bool rejects = chain.rules[rule].effect == Effect::reject;
    const auto end = chain.rules.begin() + static_cast<std::ptrdiff_t>(rule + 1);
    const auto number =
        std::count_if(chain.rules.begin(), end, [](const auto& each) { return !each.sameRule; });
    return toString(chain.chain) + " rule " + std::to_string(number) +
           (rejects ? " (reject)" : " (drop)");
}

/// What a rule gets of the packets.
Relation relationOf(const Packets& packets, const SurveyedRule& rule, Constant constant)
{
    if (!rule.match)
        return Relation::some;
    const Relation relation = relate(packets.match, *rule.match, packets.version, constant);
    if (!rule.translated)
        return relation;
    return packets.mayBeTranslated ? std::min(relation, Relation::some) : Relation::none;
}

/// Follows packets through the chains of type nat. What translates them has an effect that is not
/// understood, as all that is none of filtering.
class Translation {
  public:
    Translation(const Survey& survey, const Packets& packets) : survey_(survey), packets_(packets)
    {
    }

    [[nodiscard]] bool mayHappenIn(const SurveyedChain& chain)
    {
        if (chain.unread)
            return true;
        if (!seen_.insert(&chain).second)
            return false;
        return std::ranges::any_of(
            chain.rules, [&](const SurveyedRule& rule) { return mayHappenBy(chain, rule); });
    }

  private:
    [[nodiscard]] bool mayHappenBy(const SurveyedChain& chain, const SurveyedRule& rule)
    {
        constexpr Constant before{.outInterface = false, .destination = false, .ctState = false};
        if (relationOf(packets_, rule, before) == Relation::none)
            return false;
        if (rule.target.empty())
            return rule.effect == Effect::unknown;
        const auto* target = find(survey_, {chain.chain.family, chain.chain.table, rule.target});
        return target == nullptr || mayHappenIn(*target);
    }

    const Survey& survey_;
    const Packets& packets_;
    std::set<const SurveyedChain*> seen_;
};

} // namespace

const SurveyedChain* find(const Survey& survey, const ChainId& chain)
{
    const auto at = std::ranges::lower_bound(survey.chains, chain, {}, &SurveyedChain::chain);
    return at != survey.chains.end() && at->chain == chain ? &*at : nullptr;
}

bool sees(const SurveyedChain& chain, AddressMatch::Version version)
{
    using Version = AddressMatch::Version;
    return chain.chain.family == Family::inet ||
           chain.chain.family == (version == Version::v4 ? Family::ip : Family::ip6);
}

bool mayTranslate(const Survey& survey, const Packets& packets)
{
    Translation translation(survey, packets);
    return survey.unseenNat || std::ranges::any_of(survey.chains, [&](const SurveyedChain& chain) {
               return chain.base && chain.base->nat && sees(chain, packets.version) &&
                      translation.mayHappenIn(chain);
           });
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
    return std::string{panicWords(survey_, base)} + "policy drop of " + toString(base.chain);
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
        const Relation relation = relationOf(packets_, rule, constant_);
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
