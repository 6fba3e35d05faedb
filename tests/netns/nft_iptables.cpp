// SPDX-License-Identifier: GPL-2.0-or-later
// Our rules in the tables of iptables-nft, with iptables as the judge.
#include "netns/rules.hpp"
#include "nft/express.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

struct Tool {
    Family family;
    std::string command;
};
const std::vector<Tool> tools{{Family::ip, "iptables"}, {Family::ip6, "ip6tables"}};

/// The rule line without "-A <chain> ", as -C and -D want it.
std::string specOf(const std::string& line)
{
    return line.substr(line.find(' ', 3) + 1);
}

void makeChains(const Tool& tool)
{
    must(tool.command + " -P FORWARD ACCEPT && " + tool.command + " -N OTHER");
}

std::string idOf(std::size_t index)
{
    return "rule-" + std::to_string(index);
}

/// Puts the bodies into filter FORWARD in one transaction, with ids rule-0, rule-1, …
void install(nft::Backend& backend, const ChainId& chain, const std::vector<RuleBody>& bodies)
{
    Plan plan;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const DeclaredRule rule{{idOf(i), chain.family}, chain, {}, bodies[i]};
        const auto objection = nft::cannotExpress(rule);
        INFO(objection.value_or(""));
        REQUIRE_FALSE(objection);
        plan.emplace_back(insert(chain, idOf(i), bodies[i]));
    }
    commit(backend, plan);
}

void requireBodies(const Snapshot& snapshot, const std::vector<RuleBody>& bodies)
{
    REQUIRE(snapshot.rules.size() == bodies.size());
    REQUIRE(snapshot.tagged.size() == bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        INFO(iptablesLine(bodies[i], "FORWARD", idOf(i)));
        CHECK(snapshot.tagged[i].index == i);
        CHECK(snapshot.tagged[i].id == idOf(i));
        CHECK(snapshot.tagged[i].body == bodies[i]);
    }
}

std::vector<RuleBody> bodiesFor(Family family, unsigned randomOnes)
{
    auto bodies = everyKind(family);
    std::mt19937 random{20240229U + static_cast<unsigned>(family)};
    for (unsigned i = 0; i < randomOnes; ++i)
        bodies.push_back(randomBody(random, family));
    return bodies;
}

/// nft's ruleset with one table's rules as text, to show a failure.
std::string rulesOf(const Tool& tool)
{
    return must("nft --debug=netlink list table " + std::string{toString(tool.family)} + " filter");
}

} // namespace

TEST_CASE("iptables -S prints each of our rules as its owner would have written it")
{
    for (const auto& tool : tools) {
        const FreshNetns netns;
        makeChains(tool);
        nft::Backend backend;
        const auto chain = chainId(tool.family, "filter", "FORWARD");
        const auto bodies = bodiesFor(tool.family, 80);
        install(backend, chain, bodies);

        const auto lines = linesWith(must(tool.command + " -S FORWARD"), "-A ");
        REQUIRE(lines.size() == bodies.size());
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            auto expected = iptablesLine(bodies[i], "FORWARD", idOf(i));
            CHECK(lines[i] == expected);
        }
        requireBodies(read(backend, chain), bodies);
    }
}

TEST_CASE("iptables finds each of our rules by its specification and removes it")
{
    for (const auto& tool : tools) {
        const FreshNetns netns;
        makeChains(tool);
        nft::Backend backend;
        const auto bodies = bodiesFor(tool.family, 25);
        install(backend, chainId(tool.family, "filter", "FORWARD"), bodies);
        std::string script;
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            const auto spec = specOf(iptablesLine(bodies[i], "FORWARD", idOf(i)));
            script += tool.command + " -C FORWARD " + spec + " || echo not found: '" + spec + "'\n";
            script +=
                tool.command + " -D FORWARD " + spec + " || echo not removed: '" + spec + "'\n";
        }
        CHECK(must(script).empty());
        CHECK(linesWith(must(tool.command + " -S FORWARD"), "-A ").empty());
    }
}

TEST_CASE("iptables-save and iptables-restore leave each of our rules recognised, equal and single")
{
    for (const auto& tool : tools) {
        const FreshNetns netns;
        makeChains(tool);
        nft::Backend backend;
        const auto chain = chainId(tool.family, "filter", "FORWARD");
        const auto bodies = bodiesFor(tool.family, 80);
        install(backend, chain, bodies);

        must(tool.command + "-save | " + tool.command + "-restore");
        INFO(rulesOf(tool));
        requireBodies(read(backend, chain), bodies);
    }
}

TEST_CASE("a rule of ours in an iptables table that nft listed and loaded again is unaltered")
{
    for (const auto& tool : tools) {
        const FreshNetns netns;
        makeChains(tool);
        nft::Backend backend;
        const auto chain = chainId(tool.family, "filter", "FORWARD");
        const auto bodies = bodiesFor(tool.family, 80);
        install(backend, chain, bodies);

        reloadThroughNft();
        INFO(rulesOf(tool));
        requireBodies(read(backend, chain), bodies);
    }
}

TEST_CASE("a rule typed by hand with our comment is recognised, equal to the declared one")
{
    for (const auto& tool : tools) {
        const FreshNetns netns;
        makeChains(tool);
        nft::Backend backend;
        const auto bodies = bodiesFor(tool.family, 40);
        std::string script;
        for (std::size_t i = 0; i < bodies.size(); ++i)
            script += tool.command + " " + iptablesLine(bodies[i], "FORWARD", idOf(i)) + "\n";
        must("set -e\n" + script);
        INFO(rulesOf(tool));
        requireBodies(read(backend, chainId(tool.family, "filter", "FORWARD")), bodies);
    }
}

TEST_CASE("a tampered rule of ours is seen as another rule or as none of ours can be")
{
    const FreshNetns netns;
    makeChains(tools[0]);
    const std::string comment = "-m comment --comment fwd-guard:x -j ACCEPT\n";
    must(
        "set -e\n"
        "iptables -A FORWARD -i eth0 " +
        comment + "iptables -A FORWARD -i eth0 -p tcp --syn " + comment +
        "iptables -A FORWARD -i eth0 -p tcp ! --dport 5 " + comment +
        "iptables -A FORWARD -i eth0 ! -p tcp " + comment +
        "iptables -A FORWARD -i eth0 -m conntrack ! --ctstate NEW " + comment +
        "iptables -A FORWARD -i eth0 -m conntrack --ctstate NEW --ctstatus ASSURED " + comment +
        "iptables -A FORWARD -i eth0 -m limit --limit 1/s " + comment +
        "iptables -A FORWARD -i eth0 -m iprange --src-range 10.0.0.1-10.0.0.9 " + comment +
        "iptables -A FORWARD -i + " + comment + "iptables -A FORWARD -i eth0 -f " + comment +
        "iptables -A FORWARD -i eth0 -p udp -m multiport --dports 1,2 " + comment +
        "iptables -A FORWARD -i eth0 -m comment --comment fwd-guard:x -j LOG\n"
        "iptables -A FORWARD -i eth0 -m comment --comment fwd-guard:x\n"
        "nft add rule ip filter FORWARD iifname eth0 ip saddr { 10.0.0.1, 10.0.0.2 } accept "
        "comment '\"fwd-guard:x\"'\n"
        "nft add rule ip filter FORWARD iifname eth0 ip ttl 5 accept comment '\"fwd-guard:x\"'\n"
        "nft add rule ip filter FORWARD iifname eth0 meta mark set 5 accept comment "
        "'\"fwd-guard:x\"'\n"
        "nft add rule ip filter FORWARD iifname eth0 queue comment '\"fwd-guard:x\"'  || "
        "nft add rule ip filter FORWARD iifname eth0 continue comment '\"fwd-guard:x\"'\n");
    nft::Backend backend;
    const auto snapshot = read(backend, chainId(Family::ip, "filter", "FORWARD"));
    REQUIRE(snapshot.tagged.size() == 17);
    CHECK(snapshot.tagged[0].body);
    for (std::size_t i = 1; i < snapshot.tagged.size(); ++i) {
        INFO("rule " << i);
        CHECK_FALSE(snapshot.tagged[i].body);
    }
}
