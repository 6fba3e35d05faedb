// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/observe.hpp"

#include "nft/decode.hpp"
#include "nft/uapi.hpp"
#include "nft/verdict.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fwdguard::nft {

namespace {

/// What an expression means for the packet's way.
enum class Part : std::uint8_t {
    condition, ///< the rule goes on or ends here; a verdict it gives none
    statement, ///< the rule goes on
    verdict,
    map, ///< gives the verdict that it holds for the packet, or ends the rule
    reject,
    unknown, ///< may give a verdict
};

/// Expressions that at most end the rule (eval functions in net/netfilter/nft_*.c): those which
/// decode() does not know make its conditions not understood.
constexpr std::array<std::string_view, 22> conditions{
    "meta",   "payload",   "cmp", "bitwise",   "range",  "ct",     "match", "counter",
    "limit",  "quota",     "fib", "connlimit", "socket", "exthdr", "rt",    "hash",
    "numgen", "byteorder", "osf", "xfrm",      "tunnel", "dynset"};

constexpr std::array<std::string_view, 3> statements{"log", "notrack", "last"};

/// iptables targets that return XT_CONTINUE (net/netfilter/xt_*.c).
constexpr std::array<std::string_view, 14> harmlessTargets{
    "LOG",
    "NFLOG",
    "MARK",
    "CONNMARK",
    "SECMARK",
    "CONNSECMARK",
    "CT",
    "CHECKSUM",
    "TCPMSS",
    "TOS",
    "DSCP",
    "CLASSIFY",
    "TRACE",
    "HMARK"};

template <std::size_t Count>
bool isOneOf(const std::array<std::string_view, Count>& names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

Part targetPart(Bytes data)
{
    const auto table = tableOf<NFTA_TARGET_MAX + 1>(data);
    const auto name = table ? (*table)[NFTA_TARGET_NAME] : std::nullopt;
    if (!name)
        return Part::unknown;
    if (textOf(*name) == "REJECT")
        return Part::reject;
    return isOneOf(harmlessTargets, textOf(*name)) ? Part::statement : Part::unknown;
}

/// A lookup in a map of verdicts gives one; any other is a condition.
Part lookupPart(Bytes data)
{
    AttributeReader attributes{data};
    while (const auto attribute = attributes.next())
        if (attribute->type == NFTA_LOOKUP_DREG && networkNumber<std::uint32_t>(attribute->value) ==
                                                       static_cast<std::uint32_t>(NFT_REG_VERDICT))
            return Part::map;
    return attributes.intact() ? Part::condition : Part::unknown;
}

Part partOf(const Expression& expression)
{
    if (isOneOf(conditions, expression.name))
        return Part::condition;
    if (isOneOf(statements, expression.name))
        return Part::statement;
    if (expression.name == "immediate")
        return Part::verdict;
    if (expression.name == "reject")
        return Part::reject;
    if (expression.name == "lookup")
        return lookupPart(expression.data);
    return expression.name == "target" ? targetPart(expression.data) : Part::unknown;
}

Effect effectOf(Verdict::Kind kind)
{
    switch (kind) {
    case Verdict::Kind::accept:
        return Effect::accept;
    case Verdict::Kind::drop:
        return Effect::drop;
    case Verdict::Kind::returnBack:
        return Effect::returnBack;
    case Verdict::Kind::jump:
        return Effect::jump;
    case Verdict::Kind::goTo:
        return Effect::goTo;
    }
    return Effect::unknown;
}

void setVerdict(SurveyedRule& rule, const std::optional<Verdict>& verdict)
{
    rule.effect = verdict ? effectOf(verdict->kind) : Effect::unknown;
    if (verdict)
        rule.target = verdict->chain;
}

/// What one connection state finds in a set, or each of several.
struct Found {
    KnownSet set{};
    std::optional<Verdict> verdict{};
};

SurveyedRule observeWith(const RuleMessage& message, Family family, const Found* found)
{
    SurveyedRule rule{.effect = Effect::carryOn, .id = std::string{message.ruleId}};
    std::vector<Expression> met;
    AttributeReader elements{message.expressions};
    while (rule.effect == Effect::carryOn) {
        const auto element = elements.next();
        if (!element)
            break;
        const auto expression = parseExpression(*element);
        const Part part = expression ? partOf(*expression) : Part::unknown;
        if (part == Part::condition || part == Part::map)
            met.push_back(*expression);
        if (part == Part::map)
            setVerdict(rule, found != nullptr ? found->verdict : std::nullopt);
        else if (part == Part::verdict)
            setVerdict(rule, verdictOf(expression->data));
        else if (part == Part::reject)
            rule.effect = Effect::reject;
        else if (part == Part::unknown)
            rule.effect = Effect::unknown;
    }
    if (!elements.intact())
        rule.effect = Effect::unknown;
    if (auto seen = observeConditions(met, family, found != nullptr ? &found->set : nullptr)) {
        rule.match = std::move(seen->match);
        rule.translated = seen->translated;
    }
    return rule;
}

} // namespace

SurveyedRule observe(const RuleMessage& message, Family family)
{
    return observeWith(message, family, nullptr);
}

std::optional<Lookup> stateLookup(const RuleMessage& message, Family family)
{
    AttributeReader elements{message.expressions};
    while (const auto element = elements.next()) {
        const auto expression = parseExpression(*element);
        if (!expression || expression->name != "lookup")
            continue;
        auto lookup = parseLookup(expression->data);
        if (!lookup)
            return std::nullopt;
        // Understood with any state in it, or for another reason not at all. Behind what ends the
        // rule it is not looked at.
        const Found any{.set = {.name = lookup->set, .states = CtStates::newly}};
        const auto match = observeWith(message, family, &any).match;
        return match && match->ctState != CtStates::none ? lookup : std::nullopt;
    }
    return std::nullopt;
}

std::vector<SurveyedRule> observe(const RuleMessage& message, Family family, const StateSet& set)
{
    std::vector<SurveyedRule> rules;
    Found all{.set = {.name = set.name}};
    for (const StateSet::Element& element : set.elements) {
        all.set.states = all.set.states | element.state;
        if (!element.verdict)
            continue;
        const Found one{
            .set = {.name = set.name, .states = element.state}, .verdict = element.verdict};
        rules.push_back(observeWith(message, family, &one));
        rules.back().sameRule = rules.size() > 1;
    }
    if (rules.empty())
        rules.push_back(observeWith(message, family, &all));
    return rules;
}

} // namespace fwdguard::nft
