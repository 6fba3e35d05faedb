// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/declared.hpp"
#include "core/incident.hpp"
#include "core/status.hpp"
#include "support/catch.hpp"

using namespace fwdguard;

TEST_CASE("the words that other programs rely on")
{
    CHECK(toString(Damage::tableGone) == "table-gone");
    CHECK(toString(Damage::deleted) == "deleted");
    CHECK(toString(RuleState::inPlace) == "in-place");
    CHECK(toString(RuleState::held) == "held");
    CHECK(toString(ManagerState::degraded) == "degraded");
    CHECK(toString(Family::bridge) == "bridge");
    CHECK(parseRuleState("shadowed") == RuleState::shadowed);
    CHECK_FALSE(parseFamily("arp").has_value());
    CHECK(toString(Position{.kind = Position::Kind::after, .chain = "X"}) == "after:X");
    CHECK(
        toString(ChainId{.family = Family::ip6, .table = "filter", .chain = "F"}) ==
        "ip6 filter F");
}

TEST_CASE("a tag is our prefix and a rule id; anything else is a foreign comment")
{
    CHECK(ruleIdOfComment("fwd-guard:to-docker0") == "to-docker0");
    CHECK(ruleIdOfComment("fwd-guard").empty());
    CHECK(ruleIdOfComment("see fwd-guard:x").empty());
    CHECK(tagPrefix.size() + maxRuleIdLength <= 100);
}

TEST_CASE("generations are compared across a wrap")
{
    CHECK(Generation{2}.isAfter(Generation{1}));
    CHECK_FALSE(Generation{1}.isAfter(Generation{1}));
    CHECK(Generation{1}.isAfter(Generation{0xfffffff0}));
    CHECK_FALSE(Generation{0xfffffff0}.isAfter(Generation{1}));
}

TEST_CASE("several causes have in common what each of them says")
{
    const Cause iptables{
        .pid = 1,
        .comm = "iptables",
        .parent = ParentProcess{9, "dockerd"},
        .unit = "docker.service"};
    Cause other = iptables;
    other.pid = 2;
    const Cause common = commonCause({iptables, other});
    CHECK_FALSE(common.pid.has_value());
    CHECK(common.comm == "iptables");
    CHECK(common.unit == "docker.service");
    CHECK(commonCause({}) == Cause{});
    CHECK(commonCause({iptables}) == iptables);
}
