// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/reconcile.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>

using namespace fwdguard;

namespace {

const ChainId chain{.family = Family::ip, .table = "filter", .chain = "FORWARD"};

RuleBody bodyOf(const std::string& name)
{
    RuleBody body;
    body.match.outInterface = InterfaceMatch{.name = name};
    return body;
}

GuardedRule guarded(const std::string& id, Position position = {}, bool paused = false)
{
    return {
        .declared = std::make_shared<const DeclaredRule>(DeclaredRule{
            .key = {.id = id, .family = Family::ip},
            .chain = chain,
            .position = std::move(position),
            .body = bodyOf(id)}),
        .paused = paused,
    };
}

/// A chain written as words: lower case is ours, upper case foreign, ">X" a foreign jump to X, and
/// "a!" ours but altered. Handles count from 1.
Snapshot snapshotOf(const std::vector<std::string>& words)
{
    Snapshot snapshot{.chain = chain, .generation = {7}};
    for (const std::string& word : words) {
        const std::size_t index = snapshot.rules.size();
        snapshot.rules.push_back({.handle = {index + 1}});
        if (word.front() == '>')
            snapshot.rules.back().jumpsTo = word.substr(1);
        else if (std::islower(static_cast<unsigned char>(word.front())) != 0)
            snapshot.tagged.push_back(
                {.index = index,
                 .id = word.substr(0, word.find('!')),
                 .body = word.back() == '!' ? std::nullopt : std::optional(bodyOf(word)),
                 .counters = {.packets = index + 1, .bytes = 0}});
    }
    return snapshot;
}

std::size_t countOf(const Plan& plan, std::size_t alternative)
{
    return static_cast<std::size_t>(std::ranges::count(plan, alternative, &Step::index));
}

constexpr std::size_t insertions = 0;
constexpr std::size_t deletions = 1;

const Position tail{.kind = Position::Kind::tail, .chain = {}};
const Position anywhere{.kind = Position::Kind::anywhere, .chain = {}};

} // namespace

TEST_CASE("a rule that is where it belongs needs no step")
{
    const std::vector<GuardedRule> rules{guarded("a"), guarded("z", tail)};
    const auto result = reconcile(rules, nullptr, snapshotOf({"a", "X", "Y", "z"}));
    CHECK(result.plan.empty());
    CHECK_FALSE(result.rules[0].damage.has_value());
    CHECK(result.rules[0].index == 0U);
    CHECK(result.rules[1].handle == Handle{4});
}

TEST_CASE("each damage has its name")
{
    const std::vector<GuardedRule> rules{guarded("a")};
    const auto damageIn = [&](const std::vector<std::string>& words) {
        return reconcile(rules, nullptr, snapshotOf(words)).rules[0].damage;
    };
    CHECK(damageIn({"X"}) == Damage::deleted);
    CHECK(damageIn({"X", "a"}) == Damage::displaced);
    CHECK(damageIn({"a!", "X"}) == Damage::altered);
    CHECK(damageIn({"a", "X", "a"}) == Damage::duplicated);
    CHECK(damageIn({"a", "a!"}) == Damage::duplicated);
    CHECK_FALSE(damageIn({"a", "X"}).has_value());
}

TEST_CASE("the plan is the shortest: only what is out of order moves")
{
    const std::vector<GuardedRule> rules{guarded("a"), guarded("b"), guarded("c"), guarded("d")};
    // One rule in the wrong place among four: one deletion, one insertion.
    const auto moved = reconcile(rules, nullptr, snapshotOf({"d", "a", "b", "c", "X"}));
    CHECK(countOf(moved.plan, deletions) == 1);
    CHECK(countOf(moved.plan, insertions) == 1);
    // Reversed: three of four have to move, whichever stays.
    const auto reversed = reconcile(rules, nullptr, snapshotOf({"d", "c", "b", "a"}));
    CHECK(reversed.plan.size() == 6);
    // Pushed down as one block: all four move, and no foreign rule does.
    const auto pushed = reconcile(rules, nullptr, snapshotOf({"X", "a", "b", "c", "d"}));
    CHECK(pushed.plan.size() == 8);
}

TEST_CASE("a rule that moves keeps its counters, one that was lost starts from those last seen")
{
    std::vector<GuardedRule> rules{guarded("a"), guarded("b")};
    rules[1].lastSeen = {.packets = 99, .bytes = 1};
    const auto result = reconcile(rules, nullptr, snapshotOf({"X", "a"}));
    for (const Step& step : result.plan)
        if (const auto* insertion = std::get_if<InsertRule>(&step))
            CHECK(insertion->counters.packets == (insertion->rule->key.id == "a" ? 2U : 99U));
    CHECK(countOf(result.plan, insertions) == 2);
}

TEST_CASE("a paused rule is judged but neither added, moved nor deleted, and moves no other")
{
    const std::vector<GuardedRule> rules{guarded("a", {}, true), guarded("b")};
    const auto missing = reconcile(rules, nullptr, snapshotOf({"b", "X"}));
    CHECK(missing.plan.empty());
    CHECK(missing.rules[0].damage == Damage::deleted);
    const auto displaced = reconcile(rules, nullptr, snapshotOf({"b", "a", "X"}));
    CHECK(displaced.plan.empty());
    const auto doubled = reconcile(rules, nullptr, snapshotOf({"a", "b", "a!"}));
    CHECK(doubled.plan.empty());
}

TEST_CASE("what is not declared any more goes, whatever it says")
{
    const std::vector<GuardedRule> rules{guarded("a")};
    const auto result = reconcile(rules, nullptr, snapshotOf({"a", "old", "X", "older!"}));
    REQUIRE(countOf(result.plan, deletions) == 2);
    CHECK(keyOf(result.plan[0]).id == "old");
    CHECK(keyOf(result.plan[1]).id == "older");
}

TEST_CASE("a missing rule that may be anywhere goes where it takes effect: to the head")
{
    const std::vector<GuardedRule> rules{guarded("a", anywhere)};
    const auto result = reconcile(rules, nullptr, snapshotOf({"X"}));
    REQUIRE(result.plan.size() == 1);
    CHECK(std::holds_alternative<AtHead>(std::get<InsertRule>(result.plan[0]).place));
}

TEST_CASE("where positions meet in one gap: head, after, anywhere, before, tail")
{
    using Kind = Position::Kind;
    const std::vector<GuardedRule> rules{
        guarded("t", tail),
        guarded("b", {.kind = Kind::before, .chain = "J"}),
        guarded("c", {.kind = Kind::after, .chain = "J"}),
        guarded("h")};
    CHECK(reconcile(rules, nullptr, snapshotOf({"h", "b", ">J", "c", "t"})).plan.empty());
    CHECK_FALSE(reconcile(rules, nullptr, snapshotOf({"b", "h", ">J", "c", "t"})).plan.empty());
    CHECK_FALSE(reconcile(rules, nullptr, snapshotOf({"h", "b", ">J", "t", "c"})).plan.empty());
}

TEST_CASE("a policy that differs is set, and left alone while paused")
{
    GuardedPolicy policy{
        .declared = {
            .key = {.id = "p", .family = Family::ip}, .chain = chain, .policy = Policy::accept}};
    Snapshot snapshot = snapshotOf({"X"});
    snapshot.policy = Policy::drop;
    const auto result = reconcile({}, &policy, snapshot);
    CHECK(result.policy == Damage::altered);
    REQUIRE(result.plan.size() == 1);
    CHECK(std::get<SetPolicy>(result.plan[0]).policy == Policy::accept);
    policy.paused = true;
    CHECK(reconcile({}, &policy, snapshot).plan.empty());
    snapshot.policy = Policy::accept;
    CHECK_FALSE(reconcile({}, &policy, snapshot).policy.has_value());
}
