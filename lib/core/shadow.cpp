// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/shadow.hpp"

#include "core/passage.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace fwdguard {

namespace {

using Version = AddressMatch::Version;

bool isInPlace(const DeclaredRule& rule, const SurveyedChain& chain)
{
    return std::ranges::any_of(chain.rules, [&](const SurveyedRule& read) {
        return read.id == rule.key.id && read.effect == Effect::accept &&
               read.match == rule.body.match;
    });
}

/// Adds the chains that `from`'s rules lead to, and those that theirs do.
void follow(
    const Survey& survey, const SurveyedChain& from, std::vector<const SurveyedChain*>& seen)
{
    if (std::ranges::find(seen, &from) != seen.end())
        return;
    seen.push_back(&from);
    for (const SurveyedRule& rule : from.rules)
        if (!rule.target.empty())
            if (const auto* target =
                    find(survey, {from.chain.family, from.chain.table, rule.target}))
                follow(survey, *target, seen);
}

/// The base chains through which packets come to this chain.
std::vector<const SurveyedChain*> basesOf(const Survey& survey, const SurveyedChain& chain)
{
    std::vector<const SurveyedChain*> bases;
    for (const SurveyedChain& base : survey.chains) {
        if (!base.base || base.base->nat || base.chain.family != chain.chain.family ||
            base.chain.table != chain.chain.table)
            continue;
        std::vector<const SurveyedChain*> seen;
        follow(survey, base, seen);
        if (std::ranges::find(seen, &chain) != seen.end())
            bases.push_back(&base);
    }
    return bases;
}

/// The answers' conditions, as far as they follow from the question's. They may leave by any
/// interface: routes need not be symmetric.
Match answering(const Match& match)
{
    return {
        .inInterface = match.outInterface,
        .source = match.destination,
        .destination = match.source,
        .protocol = match.protocol,
        .sourcePort = match.destinationPort,
        .destinationPort = match.sourcePort,
        .ctState = match.ctState,
    };
}

/// All that the rule's packets have to pass, in their order.
class Path {
  public:
    Path(const Survey& survey, const SurveyedChain& own, Version version)
        : survey_(survey), own_(own), version_(version)
    {
        for (const SurveyedChain& chain : survey.chains)
            if (chain.base && !chain.base->nat && sees(chain, version) &&
                chain.base->hook <= own.base->hook)
                bases_.push_back(&chain);
        const auto order = [](const SurveyedChain* chain) {
            return std::tuple(chain->base->hook, chain->base->priority);
        };
        std::ranges::stable_sort(bases_, {}, order);
    }

    /// What drops the last packet that matches; nullopt unless certain.
    [[nodiscard]] std::optional<std::string> blocks(const Match& match) const
    {
        Packets packets{.match = match, .version = version_};
        packets.mayBeTranslated = mayBeTranslated(packets);
        for (const SurveyedChain* base : bases_) {
            Passage passage(survey_, packets, constantAt(*base));
            if (auto reason = passage.endsAt(*base))
                return reason;
        }
        return std::nullopt;
    }

  private:
    /// Without a connection there is nothing to translate, and a connection is as it began, or, by
    /// a helper, as another one has it.
    [[nodiscard]] bool mayBeTranslated(const Packets& packets) const
    {
        constexpr CtStates older = CtStates::established | CtStates::related;
        const CtStates states = packets.match.ctState;
        if (states == CtStates::none || contains(states, older))
            return true;
        return contains(states, CtStates::newly) && mayTranslate(survey_, packets);
    }

    /// Behind prerouting, destinations may be translated and connections known.
    [[nodiscard]] Constant constantAt(const SurveyedChain& base) const
    {
        const bool same = base.base->hook == Hook::forward || &base == &own_;
        return {.outInterface = same, .destination = same, .ctState = same};
    }

    const Survey& survey_;
    const SurveyedChain& own_;
    Version version_;
    std::vector<const SurveyedChain*> bases_;
};

/// Those that belong to no connection and begin none: they need none to go through. They keep
/// together, for `notrack` makes the one of the other.
Match outsideConnections(Match match)
{
    constexpr CtStates outside = CtStates::invalid | CtStates::untracked;
    match.ctState = match.ctState == CtStates::none ? outside : match.ctState & outside;
    return match;
}

std::optional<std::string>
reasonFor(const Match& match, const Survey& survey, const SurveyedChain& own, Version version)
{
    const Path path(survey, own, version);
    if (auto all = path.blocks(match))
        return all;
    const bool wantsNew =
        match.ctState == CtStates::none || contains(match.ctState, CtStates::newly);
    if (!wantsNew || own.base->hook != Hook::forward)
        return std::nullopt;
    Match beginning = match;
    beginning.ctState = CtStates::newly;
    auto begins = path.blocks(beginning);
    if (!begins || !path.blocks(answering(beginning)))
        return std::nullopt;
    const Match outside = outsideConnections(match);
    if (outside.ctState != CtStates::none && !path.blocks(outside))
        return std::nullopt;
    return "new connections, either way: " + *begins;
}

bool names(const Match& match, Version version)
{
    return (match.source && match.source->version == version) ||
           (match.destination && match.destination->version == version);
}

} // namespace

std::optional<Shadow> shadowOf(const DeclaredRule& rule, const Survey& survey)
{
    const SurveyedChain* chain = find(survey, rule.chain);
    if (rule.body.verdict.kind != Verdict::Kind::accept || chain == nullptr ||
        !isInPlace(rule, *chain))
        return std::nullopt;
    const auto bases = basesOf(survey, *chain);
    if (bases.size() != 1)
        return std::nullopt;

    const Match& match = rule.body.match;
    const bool onlyIpv6 = rule.chain.family == Family::ip6 || names(match, Version::v6);
    const bool onlyIpv4 = rule.chain.family == Family::ip || names(match, Version::v4);
    auto reason = reasonFor(match, survey, *bases[0], onlyIpv6 ? Version::v6 : Version::v4);
    if (!reason)
        return std::nullopt;
    const bool both = !onlyIpv4 && !onlyIpv6;
    if (both && !reasonFor(match, survey, *bases[0], Version::v6))
        reason = "IPv4: " + *reason;
    return Shadow{.key = rule.key, .reason = *std::move(reason)};
}

} // namespace fwdguard
