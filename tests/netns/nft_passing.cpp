// SPDX-License-Identifier: GPL-2.0-or-later
// What is said to shadow a rule, against what becomes of a packet: ping is the oracle.
#include "core/shadow.hpp"
#include "netns/daemon/two_nodes.hpp"
#include "netns/rules.hpp"
#include "netns/survey.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const ChainId forward = chainId(Family::ip, "filter", "FORWARD");

/// From the other node to the containers.
DeclaredRule pods()
{
    DeclaredRule rule{.key = {"pods", forward.family}, .chain = forward, .body = {}};
    rule.body.match.inInterface = InterfaceMatch{.name = "flannel.1"};
    rule.body.match.outInterface = InterfaceMatch{.name = "docker0"};
    return rule;
}

/// A host with two containers, its rule in place, and these rules of another in the way.
class Host {
  public:
    explicit Host(const std::string& ruleset)
    {
        must("iptables -P FORWARD ACCEPT");
        nft::Backend backend;
        commit(backend, {insert(forward, "pods", pods().body, AtHead{})});
        load(ruleset);
    }

    static void load(const std::string& ruleset)
    {
        must("nft -f - <<'END'\n" + ruleset + "\nEND\n");
    }

    /// What is said to shadow the rule, or "". Never while a packet passes.
    [[nodiscard]] std::string shadow() const
    {
        const auto shadow = shadowOf(pods(), readSurvey());
        if (shadow)
            CHECK_FALSE(passes());
        return shadow ? shadow->reason : std::string{};
    }

    [[nodiscard]] bool passes() const { return nodes_.otherReachesOurs(); }
    [[nodiscard]] bool passesTo(const std::string& address) const
    {
        return nodes_.otherReaches(address);
    }

  private:
    FreshNetns netns_;
    TwoNodes nodes_;
};

/// A base chain with policy drop; `more` goes into its table.
std::string firewall(const std::string& rules, const std::string& more = "")
{
    return "table inet fw {\n chain inner { accept; }\n chain empty { }\n" + more +
           "\n chain forward {\n type filter hook forward priority filter + 10; policy drop;\n" +
           rules + "\n}\n}";
}

/// A base chain of type nat; `more` goes into its table.
std::string
nat(const std::string& family,
    const std::string& hook,
    const std::string& rules,
    const std::string& more = "")
{
    return "table " + family + " nat {\n" + more +
           "\n chain local {\n iifname docker0 return\n}\n" + " chain base {\n type nat hook " +
           hook + ";\n" + rules + "\n}\n}\n";
}

const std::string notrack =
    " chain raw { type filter hook prerouting priority raw; iifname { \"flannel.1\", docker0 "
    "} notrack; }";

const std::string newOnes = "new connections, either way: ";
const std::string byPolicy = newOnes + "policy drop of inet fw forward";

const std::string usual = "ct state { established, related } accept\n";

std::string fixture(const std::string& name)
{
    return must("cat " FWDGUARD_FIXTURES "/" + name);
}

std::string replaced(std::string text, const std::string& what, const std::string& with)
{
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

} // namespace

TEST_CASE("connection states between braces are read: what lets none begin shadows the rule")
{
    const auto [rules, reason] = GENERATE(table<std::string, std::string>(
        {{usual, byPolicy},
         {usual + "drop", newOnes + "inet fw forward rule 2 (drop)"},
         {"counter\nct state vmap { established : accept, related : accept, invalid : drop }\n"
          "counter\nreject",
          newOnes + "inet fw forward rule 4 (reject)"},
         {"ct state != { new, untracked, invalid } accept", byPolicy},
         {"iifname lan0 accept\nct state { related, established } counter accept", byPolicy},
         {"ct state vmap { established : accept, new : jump empty }", byPolicy},
         {"ct state vmap { established : accept, new : goto empty }", byPolicy},
         {"ct state vmap { established : accept, new : drop, invalid : drop, untracked : drop }",
          newOnes + "inet fw forward rule 1 (drop)"},
         {"ct state { new, invalid, untracked } drop\naccept",
          newOnes + "inet fw forward rule 1 (drop)"},
         {usual + "meta l4proto tcp ct state { new } drop", byPolicy}}));
    INFO(rules);
    const Host host(firewall(rules));
    CHECK(host.shadow() == reason);
}

TEST_CASE("connection states between braces that let a packet pass do not shadow the rule")
{
    const std::string rules = GENERATE(
        "ct state { established, related, new } accept",
        "ct state != { invalid, related } accept",
        "ct state vmap { established : accept, related : accept, new : accept }",
        "ct state vmap { established : accept, new : jump inner }",
        "ct state vmap { established : accept, new : goto inner }\n drop",
        "ct state vmap { established : accept, * : jump inner }",
        "ct state vmap { established : accept, new : continue }\n accept",
        "meta l4proto icmp ct state { new, established } accept",
        "ct state . iifname { new . \"flannel.1\", established . \"docker0\" } accept",
        "iifname . ct state { \"flannel.1\" . new, \"docker0\" . established } accept",
        "meta mark set ct state map { new : 1, established : 1 }\n meta mark 1 accept");
    INFO(rules);
    const Host host(firewall(rules));
    CHECK(host.passes());
    CHECK(host.shadow().empty());
}

TEST_CASE("a set that others may change is not read")
{
    const std::string flags = GENERATE("", "flags constant;");
    const Host host(firewall(
        "ct state @open accept",
        " set open { type ct_state; " + flags + " elements = { established, related } }"));
    CHECK(host.shadow().empty());
    CHECK_FALSE(host.passes());
}

TEST_CASE("more sets than are read leave rules that are not understood")
{
    std::string many;
    for (int i = 0; i < 300; ++i)
        many += "iifname lan" + std::to_string(i) + " ct state { new, established } accept\n";
    // Of those not understood each may accept.
    CHECK(Host(firewall(many)).shadow().empty());
    CHECK(
        Host(firewall(many.substr(0, many.find("iifname lan200")))).shadow() ==
        "policy drop of inet fw forward");
}

TEST_CASE("untracked packets that are let through pass, and the rule is not shadowed")
{
    const auto [state, passes] = GENERATE(table<std::string, bool>(
        {{"established,related,untracked", true},
         {"{ established, related, untracked }", true},
         {"established,related", false}}));
    INFO(state);
    const Host host(firewall("ct state " + state + " accept", notrack));
    CHECK(host.passes() == passes);
    CHECK(host.shadow() == (passes ? "" : byPolicy));
}

TEST_CASE("where no destination is translated, `ct status dnat` lets no connection begin")
{
    const std::string table = GENERATE(
        std::string{},
        nat("ip", "prerouting priority dstnat", "accept"),
        nat("ip", "prerouting priority dstnat", "iifname lan0 dnat to 10.1.0.2"),
        nat("ip", "prerouting priority dstnat", "fib daddr type local jump local"),
        nat("ip", "postrouting priority srcnat", "masquerade"),
        nat("ip6", "prerouting priority dstnat", "dnat to fd00::2"),
        nat("ip", "prerouting priority dstnat", "dnat to 10.1.0.2", "flags dormant"));
    INFO(table);
    const Host host(table + firewall(usual + "ct status dnat accept"));
    CHECK(host.shadow() == byPolicy);
}

TEST_CASE("a destination that is translated lets `ct status dnat` accept")
{
    const std::string rule = GENERATE(
        "ip daddr 10.99.0.1 dnat to 10.244.1.2",
        "ip daddr vmap { 10.99.0.1 : jump service }",
        "jump service",
        "dnat to ip daddr map { 10.99.0.1 : 10.244.1.2 }");
    INFO(rule);
    const Host host(
        nat("ip",
            "prerouting priority dstnat",
            "iifname lan0 accept\n" + rule,
            "chain service {\n ip daddr 10.99.0.1 counter dnat to 10.244.1.2\n}") +
        firewall(usual + "ct status dnat accept"));
    CHECK(host.passesTo("10.99.0.1"));
    CHECK(host.shadow().empty());
}

TEST_CASE("what iptables translates counts as well")
{
    const Host host(firewall(usual + "ct status dnat accept"));
    must("iptables -t nat -N DOCKER; iptables -t nat -A DOCKER -i docker0 -j RETURN; iptables -t "
         "nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER");
    CHECK(host.shadow() == byPolicy);
    must("iptables -t nat -A DOCKER ! -i docker0 -p icmp -j DNAT --to-destination 10.244.1.2");
    CHECK(host.shadow().empty());
    CHECK(host.passesTo("10.244.2.1"));
}

TEST_CASE("a condition on the status beside translation is not understood")
{
    const std::string rule = GENERATE(
        "ct status snat,dnat accept",
        "ct status seen-reply accept",
        "ct status != dnat accept",
        "meta l4proto tcp ct original proto-dst 80 ct status dnat accept");
    INFO(rule);
    CHECK(Host(firewall(usual + rule)).shadow().empty());
}

TEST_CASE("firewalld's table shadows the rule when no zone and no policy lets its traffic through")
{
    const Host host(fixture("firewalld.nft"));
    CHECK(host.shadow() == newOnes + "inet firewalld filter_FORWARD_POLICIES rule 2 (reject)");

    Host::load("add rule inet firewalld nat_PRE_public_allow meta nfproto ipv4 ip daddr 10.99.0.1 "
               "dnat ip to 10.244.1.2");
    CHECK(host.shadow().empty()); // what comes to a forwarded port passes
    CHECK(host.passesTo("10.99.0.1"));
}

TEST_CASE("firewalld's table does not shadow the rule when it lets its traffic through")
{
    const std::string table = GENERATE_COPY(
        fixture("firewalld-docker.nft"), // Docker's zone and policy
        // flannel.1 in the zone "trusted"
        replaced(
            fixture("firewalld.nft"),
            "\t\tjump filter_FWD_public\n",
            "\t\tiifname \"flannel.1\" accept\n\t\tjump filter_FWD_public\n"),
        // docker0 in the default zone, which forwards within itself
        replaced(
            fixture("firewalld.nft"),
            "chain filter_FWD_public_allow {\n",
            "chain filter_FWD_public_allow {\n\t\toifname \"docker0\" accept\n"));
    const Host host(table);
    CHECK(host.passes());
    CHECK(host.shadow().empty());
}
