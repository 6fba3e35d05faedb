// SPDX-License-Identifier: GPL-2.0-or-later
// Our rules in tables that are nft's own, with nft as the judge.
#include "netns/rules.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <algorithm>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const std::vector<Family> families{Family::ip, Family::ip6, Family::inet, Family::bridge};

ChainId makeTable(Family family)
{
    const std::string name = std::string{toString(family)} + " guarded";
    must(
        "nft 'add table " + name + "; add chain " + name + " OTHER; add chain " + name +
        " forward { type filter hook forward priority 0; }'");
    return chainId(family, "guarded", "forward");
}

std::vector<RuleBody> bodiesFor(Family family)
{
    auto bodies = everyKind(family);
    std::mt19937 random{17U + static_cast<unsigned>(family)};
    for (int i = 0; i < 80; ++i)
        bodies.push_back(randomBody(random, family));
    return bodies;
}

Plan planFor(const ChainId& chain, const std::vector<RuleBody>& bodies)
{
    Plan plan;
    for (std::size_t i = 0; i < bodies.size(); ++i)
        plan.emplace_back(insert(chain, std::to_string(i), bodies[i]));
    return plan;
}

void requireBodies(const Snapshot& snapshot, const std::vector<RuleBody>& bodies)
{
    REQUIRE(snapshot.tagged.size() == bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        INFO("rule " << i << ": " << iptablesLine(bodies[i], "forward", std::to_string(i)));
        CHECK(snapshot.tagged[i].id == std::to_string(i));
        CHECK(snapshot.tagged[i].body == bodies[i]);
    }
}

/// The one rule that `nft list` shows in the chain, without counters and comment.
std::string listed(Family family, const RuleBody& body)
{
    const FreshNetns netns;
    const auto chain = makeTable(family);
    nft::Backend backend;
    commit(backend, {insert(chain, "x", body)});
    auto lines = linesWith(
        must("nft -s list chain " + std::string{toString(family)} + " guarded forward"),
        "comment \"fwd-guard:x\"");
    REQUIRE(lines.size() == 1);
    auto line = lines[0].substr(lines[0].find_first_not_of('\t'));
    line = line.substr(0, line.find(" comment"));
    const auto counter = line.find("counter ");
    REQUIRE(counter != std::string::npos);
    return line.erase(counter, std::string{"counter "}.size());
}

} // namespace

TEST_CASE("what we write into any family reads back as what was declared")
{
    for (const auto family : families) {
        const FreshNetns netns;
        const auto chain = makeTable(family);
        nft::Backend backend;
        const auto bodies = bodiesFor(family);
        commit(backend, planFor(chain, bodies));
        requireBodies(read(backend, chain), bodies);
    }
}

TEST_CASE("a rule of ours that nft listed and loaded again is unaltered in any family")
{
    for (const auto family : families) {
        const FreshNetns netns;
        const auto chain = makeTable(family);
        nft::Backend backend;
        const auto bodies = bodiesFor(family);
        commit(backend, planFor(chain, bodies));
        reloadThroughNft();
        INFO(must("nft --debug=netlink list ruleset"));
        requireBodies(read(backend, chain), bodies);
    }
}

TEST_CASE("nft shows our rules in its own words")
{
    RuleBody body;
    body.match.inInterface = {.name = "docker0", .negated = true};
    body.match.outInterface = {.name = "br-", .prefix = true};
    body.match.source = address("10.1.0.0/16");
    body.match.destination = address("192.0.2.128/25", true);
    body.match.protocol = std::uint8_t{6};
    body.match.destinationPort = {80, 90};
    const std::string rest = "iifname != \"docker0\" oifname \"br-*\" ip saddr 10.1.0.0/16 "
                             "ip daddr != 192.0.2.128/25 tcp dport 80-90 accept";
    CHECK(listed(Family::ip, body) == rest);
    CHECK(listed(Family::inet, body) == rest);
    CHECK(listed(Family::bridge, body) == rest);

    body = {};
    body.match.source = address("2001:db8::/32");
    body.match.protocol = std::uint8_t{17};
    body.match.sourcePort = {53, 53};
    body.verdict.kind = Verdict::Kind::drop;
    for (const auto family : {Family::ip6, Family::inet, Family::bridge})
        CHECK(listed(family, body) == "ip6 saddr 2001:db8::/32 udp sport 53 drop");

    body = {};
    body.match.mark = MarkMatch{.value = 0x10, .mask = 0xf0, .negated = true};
    body.match.ctState = CtStates::established | CtStates::newly;
    body.verdict.kind = Verdict::Kind::returnBack;
    CHECK(
        listed(Family::inet, body) ==
        "meta mark & 0x000000f0 != 0x00000010 ct state established,new return");
}

TEST_CASE("a rule of nft's own making with our comment is recognised in every family")
{
    for (const auto family : families) {
        const FreshNetns netns;
        const auto chain = makeTable(family);
        const std::string add = "add rule " + std::string{toString(family)} + " guarded forward ";
        must(
            "nft '" + add +
            "iifname \"eth*\" tcp sport 5 tcp dport 1-9 accept comment "
            "\"fwd-guard:a\"; " +
            add + "meta mark 0x1 counter drop comment \"fwd-guard:b\"'");
        nft::Backend backend;
        const auto snapshot = read(backend, chain);
        REQUIRE(snapshot.tagged.size() == 2);

        RuleBody first;
        first.match.inInterface = {.name = "eth", .prefix = true};
        first.match.protocol = std::uint8_t{6};
        first.match.sourcePort = {5, 5};
        first.match.destinationPort = {1, 9};
        CHECK(snapshot.tagged[0].body == first);
        RuleBody second;
        second.match.mark = MarkMatch{.value = 1};
        second.verdict.kind = Verdict::Kind::drop;
        CHECK(snapshot.tagged[1].body == second);
    }
}

TEST_CASE("neighbouring fields that nft compares at once are told apart")
{
    const FreshNetns netns;
    const auto chain = makeTable(Family::ip);
    must("nft 'add rule ip guarded forward ip saddr 10.0.0.1 ip daddr 10.0.0.2 tcp sport 7 "
         "tcp dport 8 accept comment \"fwd-guard:a\"; add rule ip guarded forward "
         "ip protocol udp accept comment \"fwd-guard:b\"; add rule ip guarded forward "
         "@nh,96,64 0x0a0000010a000002 accept comment \"fwd-guard:c\"; "
         "add rule ip guarded forward @nh,96,64 != 0x0a0000010a000002 accept "
         "comment \"fwd-guard:d\"'");
    nft::Backend backend;
    const auto snapshot = read(backend, chain);
    REQUIRE(snapshot.tagged.size() == 4);
    RuleBody body;
    body.match.source = address("10.0.0.1");
    body.match.destination = address("10.0.0.2");
    CHECK(snapshot.tagged[2].body == body);
    CHECK_FALSE(snapshot.tagged[3].body);
    body.match.protocol = std::uint8_t{6};
    body.match.sourcePort = {7, 7};
    body.match.destinationPort = {8, 8};
    CHECK(snapshot.tagged[0].body == body);
    body = {};
    body.match.protocol = std::uint8_t{17};
    CHECK(snapshot.tagged[1].body == body);
}

TEST_CASE("a rule narrowed to one IP version is not taken for one that sees both")
{
    const FreshNetns netns;
    const auto chain = makeTable(Family::inet);
    must("nft 'add rule inet guarded forward meta nfproto ipv4 tcp dport 80 accept comment "
         "\"fwd-guard:a\"; add rule inet guarded forward meta protocol ip6 accept comment "
         "\"fwd-guard:b\"; add rule inet guarded forward iif lo accept comment \"fwd-guard:c\"; "
         "add rule inet guarded forward ct state != new accept comment \"fwd-guard:d\"; "
         "add rule inet guarded forward ct state { new, established } accept comment "
         "\"fwd-guard:e\"'");
    nft::Backend backend;
    const auto snapshot = read(backend, chain);
    REQUIRE(snapshot.tagged.size() == 5);
    for (const auto& tagged : snapshot.tagged)
        CHECK_FALSE(tagged.body);
}
