// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/shadow.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace fwdguard;

namespace {

using Rules = std::vector<SurveyedRule>;

const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};
const ChainId other{.family = Family::inet, .table = "fw", .chain = "forward"};
const ChainId helper{.family = Family::inet, .table = "fw", .chain = "helper"};
const ChainId raw{.family = Family::ip, .table = "raw", .chain = "PREROUTING"};

std::optional<InterfaceMatch> named(const std::string& name)
{
    return InterfaceMatch{.name = name};
}

/// From one interface to another; "" is any.
Match between(const std::string& in, const std::string& out)
{
    Match match;
    if (!in.empty())
        match.inInterface = named(in);
    if (!out.empty())
        match.outInterface = named(out);
    return match;
}

const Match wanted = between("flannel.1", "docker0");

DeclaredRule declaredIn(const ChainId& chain, const Match& match = wanted)
{
    return {
        .key = {.id = "r", .family = chain.family},
        .chain = chain,
        .body = {.match = match, .verdict = {}}};
}

SurveyedRule ours(const Match& match = wanted)
{
    return {.match = match, .effect = Effect::accept, .id = "r"};
}

SurveyedRule rule(Effect effect, const std::optional<Match>& match = Match{})
{
    return {.match = match, .effect = effect};
}

SurveyedRule jump(const std::string& target, const std::optional<Match>& match = Match{})
{
    return {.match = match, .effect = Effect::jump, .target = target};
}

SurveyedRule goTo(const std::string& target, const std::optional<Match>& match = Match{})
{
    return {.match = match, .effect = Effect::goTo, .target = target};
}

SurveyedChain base(
    const ChainId& chain,
    Policy policy,
    Rules rules,
    Hook hook = Hook::forward,
    std::int32_t priority = 0)
{
    return {
        .chain = chain,
        .base = BaseHook{.hook = hook, .priority = priority, .policy = policy},
        .rules = std::move(rules)};
}

SurveyedChain regular(const ChainId& chain, Rules rules)
{
    return {.chain = chain, .rules = std::move(rules)};
}

Survey of(std::vector<SurveyedChain> chains)
{
    std::ranges::sort(chains, {}, &SurveyedChain::chain);
    return {.chains = std::move(chains)};
}

/// The reason for our rule at the head of FORWARD, or "".
std::string
reason(std::vector<SurveyedChain> others, const DeclaredRule& declared = declaredIn(forward))
{
    if (std::ranges::find(others, declared.chain, &SurveyedChain::chain) == others.end())
        others.push_back(base(declared.chain, Policy::drop, {ours(declared.body.match)}));
    const auto shadow = shadowOf(declared, of(std::move(others)));
    if (shadow)
        CHECK(shadow->key == declared.key);
    return shadow ? shadow->reason : std::string{};
}

const Match established{.ctState = CtStates::established | CtStates::related};
const std::string otherPolicy = "policy drop of inet fw forward";

} // namespace

TEST_CASE("nothing shadows a rule at the head of a chain of its own")
{
    CHECK(reason({}).empty());
}

TEST_CASE("a base chain that drops by policy and accepts nothing shadows the rule")
{
    CHECK(reason({base(other, Policy::drop, {})}) == otherPolicy);
    CHECK(reason({base(other, Policy::accept, {})}).empty());
    CHECK(reason({base(other, Policy::drop, {rule(Effect::carryOn)})}) == otherPolicy);
    const Match elsewhere = between("", "lan0");
    CHECK(reason({base(other, Policy::drop, {rule(Effect::accept, elsewhere)})}) == otherPolicy);
}

TEST_CASE("a drop or reject that gets all of the rule's packets is named by chain and number")
{
    CHECK(
        reason({base(other, Policy::accept, {rule(Effect::carryOn), rule(Effect::drop)})}) ==
        "inet fw forward rule 2 (drop)");
    CHECK(
        reason({base(other, Policy::accept, {rule(Effect::reject, between("flannel.1", ""))})}) ==
        "inet fw forward rule 1 (reject)");
}

TEST_CASE("a drop that gets only some of the packets is not certain to shadow the rule")
{
    Match web = wanted;
    web.protocol = std::uint8_t{6};
    CHECK(reason({base(other, Policy::accept, {rule(Effect::drop, web)})}).empty());
    CHECK(reason({base(other, Policy::accept, {rule(Effect::drop, std::nullopt)})}).empty());
}

TEST_CASE("what may accept before the drop leaves it uncertain")
{
    const auto before = [](const SurveyedRule& first) {
        return reason({base(other, Policy::drop, {first, rule(Effect::drop)})});
    };
    CHECK(before(rule(Effect::accept)).empty());
    CHECK(before(rule(Effect::accept, between("", "docker0"))).empty());
    CHECK(before(rule(Effect::accept, std::nullopt)).empty());
    CHECK(before(rule(Effect::unknown)).empty());
    CHECK(before(jump("not-there")).empty());
    CHECK(before(rule(Effect::drop, std::nullopt)) == "inet fw forward rule 2 (drop)");
}

TEST_CASE("jumps are followed")
{
    const auto with =
        [](const Rules& rules, const Rules& inHelper, Policy policy = Policy::accept) {
            return reason({base(other, policy, rules), regular(helper, inHelper)});
        };
    const SurveyedRule drop = rule(Effect::drop);
    CHECK(with({jump("helper")}, {drop}) == "inet fw helper rule 1 (drop)");
    CHECK(with({jump("helper"), drop}, {}) == "inet fw forward rule 2 (drop)");
    CHECK(with({jump("helper"), drop}, {rule(Effect::accept)}).empty());
    CHECK(with({jump("helper", std::nullopt)}, {drop}).empty());
    CHECK(with({jump("helper", std::nullopt), drop}, {rule(Effect::accept)}).empty());
    CHECK(
        with({jump("helper"), drop}, {rule(Effect::returnBack)}) ==
        "inet fw forward rule 2 (drop)");
    CHECK(with({jump("helper")}, {rule(Effect::returnBack, std::nullopt), drop}).empty());
    CHECK(
        with({jump("helper")}, {rule(Effect::returnBack, std::nullopt), drop}, Policy::drop) ==
        otherPolicy);
    CHECK(with({goTo("helper"), drop}, {}).empty());
    CHECK(with({goTo("helper", std::nullopt), drop}, {}).empty());
    CHECK(with({goTo("helper"), rule(Effect::accept)}, {}, Policy::drop) == otherPolicy);
    CHECK(with({goTo("helper")}, {drop}) == "inet fw helper rule 1 (drop)");
}

TEST_CASE("a return ends a base chain by its policy")
{
    const Rules rules{rule(Effect::returnBack, std::nullopt), rule(Effect::drop)};
    CHECK(reason({base(other, Policy::accept, rules)}).empty());
    CHECK(reason({base(other, Policy::drop, rules)}) == otherPolicy);
}

TEST_CASE("a chain that was not read may accept")
{
    SurveyedChain unread = base(other, Policy::drop, {});
    unread.unread = true;
    CHECK(reason({unread}).empty());
}

TEST_CASE("a drop above the rule in its own chain shadows it, one below does not")
{
    CHECK(
        reason({base(forward, Policy::accept, {rule(Effect::drop), ours()})}) ==
        "ip filter FORWARD rule 1 (drop)");
    CHECK(reason({base(forward, Policy::drop, {ours(), rule(Effect::drop)})}).empty());
}

TEST_CASE("a rule in a chain that others jump to is judged by the base chain it serves")
{
    const ChainId user{.family = Family::ip, .table = "filter", .chain = "DOCKER-USER"};
    const auto with = [&](const Rules& rules) {
        return reason(
            {base(forward, Policy::drop, rules), regular(user, {ours()})}, declaredIn(user));
    };
    CHECK(with({jump("DOCKER-USER")}).empty());
    CHECK(with({jump("DOCKER-USER", between("eth0", ""))}) == "policy drop of ip filter FORWARD");
    CHECK(with({rule(Effect::drop), jump("DOCKER-USER")}) == "ip filter FORWARD rule 1 (drop)");
    CHECK(with({rule(Effect::drop)}).empty()); // no way leads there: not ours to judge
}

TEST_CASE("a rule that is not in place, or accepts nothing, is not shadowed")
{
    const auto blocked = base(other, Policy::drop, {});
    CHECK(reason({blocked, base(forward, Policy::drop, {})}).empty());
    CHECK(reason({blocked, base(forward, Policy::drop, {ours(between("eth7", ""))})}).empty());
    DeclaredRule drops = declaredIn(forward);
    drops.body.verdict.kind = Verdict::Kind::drop;
    CHECK(reason({blocked}, drops).empty());
}

TEST_CASE("before routing, a drop by incoming interface is certain, one by destination is not")
{
    const auto with = [](const Match& match) {
        return reason(
            {base(raw, Policy::accept, {rule(Effect::drop, match)}, Hook::prerouting, -300)});
    };
    CHECK(with(between("flannel.1", "")) == "ip raw PREROUTING rule 1 (drop)");
    Match container = between("flannel.1", "");
    container.destination = AddressMatch{.address = {10, 1}, .prefixLength = 8};
    CHECK(with(container).empty());
}

TEST_CASE("of several, the one that comes first on a packet's way is named")
{
    const auto first = base(raw, Policy::drop, {}, Hook::prerouting, -300);
    CHECK(reason({base(other, Policy::drop, {}), first}) == "policy drop of ip raw PREROUTING");
    const ChainId early{.family = Family::inet, .table = "zz", .chain = "early"};
    CHECK(
        reason(
            {base(other, Policy::drop, {}), base(early, Policy::drop, {}, Hook::forward, -10)}) ==
        "policy drop of inet zz early");
}

TEST_CASE("a rule at the prerouting hook is not judged by what happens while forwarding")
{
    const DeclaredRule declared = declaredIn(raw, between("flannel.1", ""));
    const auto own = base(raw, Policy::accept, {ours(declared.body.match)}, Hook::prerouting, -300);
    CHECK(reason({own, base(other, Policy::drop, {})}, declared).empty());
    CHECK(
        reason({own, base(other, Policy::drop, {}, Hook::prerouting, 0)}, declared) == otherPolicy);
}

TEST_CASE("established connections let through do not help when none can be established")
{
    const Rules usual{rule(Effect::accept, established)};
    CHECK(
        reason({base(other, Policy::drop, usual)}) ==
        "new connections, either way: policy drop of inet fw forward");
    Rules outward = usual;
    outward.push_back(rule(Effect::accept, between("docker0", "")));
    const auto own = base(forward, Policy::accept, {ours()});
    CHECK(reason({own, base(other, Policy::drop, outward)}).empty());
    Match answers = wanted;
    answers.ctState = CtStates::established;
    CHECK(reason({base(other, Policy::drop, usual)}, declaredIn(forward, answers)).empty());
}

TEST_CASE("what needs no connection to be let through is no shadowed traffic")
{
    const auto with = [](CtStates let, const Match& match = wanted) {
        const CtStates usual = CtStates::established | CtStates::related;
        return reason(
            {base(other, Policy::drop, {rule(Effect::accept, Match{.ctState = usual | let})})},
            declaredIn(forward, match));
    };
    const std::string text = "new connections, either way: " + otherPolicy;
    CHECK(with(CtStates::none) == text);
    CHECK(with(CtStates::untracked).empty());
    CHECK(with(CtStates::invalid).empty());
    Match tracked = wanted;
    tracked.ctState = CtStates::established | CtStates::newly;
    CHECK(with(CtStates::untracked | CtStates::invalid, tracked) == text);
    tracked.ctState = tracked.ctState | CtStates::untracked;
    CHECK(with(CtStates::invalid, tracked) == text);
    CHECK(with(CtStates::untracked, tracked).empty());
}

TEST_CASE("verdicts of one rule are counted as one")
{
    SurveyedRule second = rule(Effect::accept, Match{.ctState = CtStates::related});
    second.sameRule = true;
    const Rules rules{
        rule(Effect::accept, Match{.ctState = CtStates::established}), second, rule(Effect::drop)};
    CHECK(
        reason({base(other, Policy::accept, rules)}) ==
        "new connections, either way: inet fw forward rule 2 (drop)");
}

TEST_CASE("a rule for translated destinations accepts what nat that is not seen may translate")
{
    SurveyedRule translated = rule(Effect::accept);
    translated.translated = true;
    const Rules rules{rule(Effect::accept, established), translated};
    Survey survey = of({base(other, Policy::drop, rules), base(forward, Policy::drop, {ours()})});
    CHECK(shadowOf(declaredIn(forward), survey).has_value());
    survey.unseenNat = true;
    CHECK_FALSE(shadowOf(declaredIn(forward), survey).has_value());
    Match older = wanted; // they may have been translated before
    older.ctState = CtStates::established;
    CHECK(reason({base(other, Policy::drop, {translated})}, declaredIn(forward, older)).empty());
}

TEST_CASE("a chain that makes untracked what is invalid does not hide what lets it through")
{
    Rules first{rule(Effect::accept, Match{.ctState = CtStates::invalid})}; // and `notrack`
    Rules then{rule(Effect::accept, Match{.ctState = CtStates::untracked})};
    const ChainId early{.family = Family::inet, .table = "early", .chain = "forward"};
    CHECK(reason({base(early, Policy::drop, first, Hook::forward, -10),
                  base(other, Policy::drop, then)})
              .empty());
}

TEST_CASE("established connections let through, then anything not understood: not certain")
{
    CHECK(reason({base(
                     other,
                     Policy::drop,
                     {rule(Effect::accept, established), rule(Effect::accept, std::nullopt)})})
              .empty());
}

TEST_CASE("a rule for both IP versions counts by IPv4, one with an address by its version")
{
    const ChainId inet{.family = Family::inet, .table = "mine", .chain = "forward"};
    const ChainId forward6{.family = Family::ip6, .table = "filter", .chain = "FORWARD"};
    const auto leftover = base(forward, Policy::drop, {});
    const auto leftover6 = base(forward6, Policy::drop, {});
    const std::string text = "policy drop of ip filter FORWARD";
    CHECK(reason({leftover}, declaredIn(inet)) == "IPv4: " + text);
    CHECK(reason({leftover, leftover6}, declaredIn(inet)) == text);
    CHECK(reason({leftover6}, declaredIn(inet)).empty());
    Match pods = wanted;
    pods.destination = AddressMatch{.address = {10, 244}, .prefixLength = 16};
    CHECK(reason({leftover}, declaredIn(inet, pods)) == text);
    CHECK(reason({leftover}, declaredIn(forward6)).empty());
}
