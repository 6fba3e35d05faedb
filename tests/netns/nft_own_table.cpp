// SPDX-License-Identifier: GPL-2.0-or-later
// The table of our own, with nft as the judge.
#include "nft/own_table.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <optional>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

MarkRule markRule(Family family = Family::ip)
{
    MarkRule rule{
        .family = family,
        .match =
            {.inInterface = InterfaceMatch{.name = "flannel.1"},
             .outInterface = InterfaceMatch{.name = "br-", .prefix = true}},
        .value = 0x1000,
        .mask = 0x1000,
        .comment = "pods-there-1"};
    if (family == Family::ip) {
        rule.match.destination = AddressMatch{.prefixLength = 16};
        rule.match.destination->address[0] = 10;
        rule.match.destination->address[1] = 244;
    }
    return rule;
}

bool listed(const std::string& text)
{
    return run("nft -s list ruleset").text.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("our table holds a mark for forwarded packets, just before the chains of priority filter")
{
    const FreshNetns netns;
    nft::OwnTable table;
    CHECK_FALSE(table.hold({}));
    CHECK(must("nft list tables").empty());
    const std::vector<MarkRule> rules{markRule()};
    CHECK_FALSE(table.hold(rules));
    CHECK(listed("table ip fwd-guard {"));
    CHECK(listed("type filter hook forward priority filter - 1; policy accept;"));
    CHECK(listed("iifname \"flannel.1\" oifname \"br-*\" ip daddr 10.244.0.0/16 counter "
                 "meta mark set meta mark | 0x00001000 comment \"pods-there-1\""));
}

TEST_CASE("a mark without a mask is set whole")
{
    const FreshNetns netns;
    nft::OwnTable table;
    MarkRule rule = markRule();
    rule.value = 7;
    rule.mask = 0xffffffff;
    CHECK_FALSE(table.hold(std::vector{rule}));
    CHECK(listed("meta mark set 0x00000007 comment"));
}

TEST_CASE("nobody else can change our table, and nft flush ruleset passes it over")
{
    const FreshNetns netns;
    nft::OwnTable table;
    CHECK_FALSE(table.hold(std::vector{markRule()}));
    CHECK(run("nft delete table ip fwd-guard").status != 0);
    CHECK(run("nft flush chain ip fwd-guard mark-forward").status != 0);
    CHECK(run("nft add rule ip fwd-guard mark-forward drop").status != 0);
    must("nft add table ip other");
    must("nft flush ruleset");
    CHECK_FALSE(listed("table ip other"));
    CHECK(listed("pods-there-1"));
}

TEST_CASE("our table is replaced whole, a family at a time, and goes with its owner")
{
    const FreshNetns netns;
    std::optional<nft::OwnTable> table{std::in_place};
    CHECK_FALSE(table->hold(std::vector{markRule(), markRule(Family::ip6)}));
    CHECK(listed("table ip fwd-guard {"));
    CHECK(listed("table ip6 fwd-guard {"));
    MarkRule other = markRule(Family::ip6);
    other.comment = "other-there-1";
    CHECK_FALSE(table->hold(std::vector{other}));
    CHECK_FALSE(listed("table ip fwd-guard {"));
    CHECK_FALSE(listed("pods-there-1"));
    CHECK(listed("other-there-1"));
    CHECK_FALSE(table->hold({}));
    CHECK(must("nft list tables").empty());
    CHECK_FALSE(table->hold(std::vector{markRule()}));
    table.reset();
    CHECK(must("nft list tables").empty());
}

TEST_CASE("where somebody else has a table of our name, theirs stays and we are told")
{
    const FreshNetns netns;
    must("nft 'add table ip fwd-guard; add chain ip fwd-guard theirs'");
    nft::OwnTable table;
    CHECK(table.hold(std::vector{markRule()}));
    CHECK(listed("chain theirs"));
    CHECK_FALSE(listed("pods-there-1"));
    must("nft delete table ip fwd-guard");
    CHECK_FALSE(table.hold(std::vector{markRule()}));
    CHECK(listed("pods-there-1"));
    SECTION("also when that somebody is another instance of us")
    {
        nft::OwnTable second;
        CHECK(second.hold(std::vector{markRule()}));
        CHECK(listed("pods-there-1"));
    }
}

TEST_CASE("as many marks as flows can ask for fit one transaction")
{
    const FreshNetns netns;
    nft::OwnTable table;
    const std::vector<MarkRule> rules(4 * 2 * maxFlowInterfaces * maxFlowInterfaces, markRule());
    CHECK_FALSE(table.hold(rules));
    CHECK(
        must("nft list table ip fwd-guard | grep -c pods-there-1") ==
        std::to_string(rules.size()) + "\n");
}
