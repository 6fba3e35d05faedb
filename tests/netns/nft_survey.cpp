// SPDX-License-Identifier: GPL-2.0-or-later
// What stands in a forwarded packet's way, as nft and iptables write it.
#include "core/shadow.hpp"
#include "netns/rules.hpp"
#include "netns/survey.hpp"
#include "nft/survey_reader.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <algorithm>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const ChainId forward = chainId(Family::ip, "filter", "FORWARD");

/// The rule that these tests guard: what comes through the tunnel goes to the containers.
RuleBody tunnelToDocker()
{
    RuleBody body;
    body.match.inInterface = InterfaceMatch{.name = "flannel.1"};
    body.match.outInterface = InterfaceMatch{.name = "docker0"};
    return body;
}

DeclaredRule declaredIn(const ChainId& chain)
{
    return {.key = {"pods", chain.family}, .chain = chain, .body = tunnelToDocker()};
}

/// Our rule at the head of its chain, whatever else is there.
void guardIn(const ChainId& chain)
{
    nft::Backend backend;
    commit(backend, {insert(chain, "pods", tunnelToDocker(), AtHead{})});
}

std::string reasonIn(const ChainId& chain)
{
    const auto shadow = shadowOf(declaredIn(chain), readSurvey());
    return shadow ? shadow->reason : std::string{};
}

/// What shadows our rule at the head of iptables' FORWARD once `commands` have run.
std::string shadowAfter(const std::string& commands)
{
    const FreshNetns netns;
    must("iptables -P FORWARD DROP");
    guardIn(forward);
    must(commands);
    return reasonIn(forward);
}

/// The same for rules in a base chain `inet fw forward` with this policy.
std::string shadowBehind(const std::string& policy, const std::string& rules)
{
    return shadowAfter(
        "nft -f - <<'END'\ntable inet fw {\n set nets { type ipv4_addr; flags interval; elements = "
        "{ 10.9.0.0/16 } }\n chain inner { }\n chain forward {\n type filter hook forward priority "
        "filter + 10; policy " +
        policy + ";\n" + rules + "\n}\n}\nEND\n");
}

} // namespace

TEST_CASE("a rule at the head of FORWARD with nothing else in the way is not shadowed")
{
    CHECK(shadowAfter("true").empty());
    CHECK(shadowAfter("iptables -A FORWARD -j DROP").empty());
}

TEST_CASE("a table with policy drop that accepts none of the traffic shadows the rule")
{
    CHECK(shadowBehind("drop", "") == "policy drop of inet fw forward");
    CHECK(
        shadowBehind("drop", "iifname lan0 oifname wan0 accept\n ct state invalid counter drop") ==
        "policy drop of inet fw forward");
    CHECK(
        shadowBehind("drop", "ct state established,related accept\n oifname lan0 accept") ==
        "new connections, either way: policy drop of inet fw forward");
}

TEST_CASE("an unconditional drop or reject shadows the rule, by nft or by iptables, wherever it is")
{
    CHECK(
        shadowBehind("accept", "counter log prefix \"x\"\n drop") ==
        "inet fw forward rule 2 (drop)");
    CHECK(
        shadowBehind("accept", "iifname \"flannel.*\" reject with icmpx admin-prohibited") ==
        "inet fw forward rule 1 (reject)");
    CHECK(
        shadowAfter("iptables -I FORWARD -j REJECT --reject-with icmp-host-prohibited") ==
        "ip filter FORWARD rule 1 (reject)");
    CHECK(
        shadowAfter("iptables -t mangle -A FORWARD -o docker0 -j DROP") ==
        "ip mangle FORWARD rule 1 (drop)");
    CHECK(
        shadowAfter("iptables -N DOCKER-USER; iptables -A DOCKER-USER -j DROP; "
                    "iptables -I FORWARD -j DOCKER-USER") == "ip filter DOCKER-USER rule 1 (drop)");
}

TEST_CASE("a drop in raw PREROUTING shadows the rule when it gets all that comes in there")
{
    CHECK(
        shadowAfter("iptables -t raw -A PREROUTING -i flannel.1 -j DROP") ==
        "ip raw PREROUTING rule 1 (drop)");
    CHECK(shadowAfter("iptables -t raw -A PREROUTING -d 10.1.0.2/32 ! -i docker0 -j DROP").empty());
}

TEST_CASE("a leftover policy of iptables shadows a rule in a table of nft")
{
    const FreshNetns netns;
    must("iptables -P FORWARD DROP");
    must("nft 'add table inet mine; add chain inet mine forward { type filter hook forward "
         "priority 0; policy accept; }'");
    const ChainId mine = chainId(Family::inet, "mine", "forward");
    guardIn(mine);
    CHECK(reasonIn(mine) == "IPv4: policy drop of ip filter FORWARD");
    must("iptables -A FORWARD -o docker0 -j ACCEPT");
    CHECK(reasonIn(mine).empty());
}

TEST_CASE("what may let some of the traffic through is not said to shadow the rule")
{
    const char* rules = GENERATE(
        "accept",
        "ct status snat accept",
        "ip daddr @nets accept\n drop",
        "iifname { \"flannel.1\", \"lan0\" } accept",
        "ct state vmap { new : accept, invalid : drop }\n drop",
        "iifname vmap { \"flannel.1\" : jump inner, \"lan0\" : drop }",
        "ct state established,related accept\n tcp flags syn accept\n drop",
        "ct state { established, related, new } accept\n drop",
        "ct state established,related,untracked accept",
        "ct state established,related,invalid accept",
        "meta nfproto ipv4 accept",
        "meta mark 1 accept",
        "ct state established,related accept\n iifname docker0 accept\n oifname docker0 ct mark 1 "
        "accept");
    INFO(rules);
    CHECK(shadowBehind("drop", rules).empty());
}

TEST_CASE("a drop of only a part of the traffic is not said to shadow the rule")
{
    const char* rules = GENERATE(
        "tcp dport 22 drop",
        "limit rate over 5/second drop",
        "ip saddr @nets drop",
        "iifname \"flannel.1\" oifname \"docker0\" ct state invalid drop",
        "iif lo drop",
        "jump inner");
    INFO(rules);
    CHECK(shadowBehind("accept", rules).empty());
}

TEST_CASE("a dormant table, a chain of type nat and the tables of other families are no obstacle")
{
    CHECK(shadowAfter("nft 'add table inet fw { flags dormant; }; add chain inet fw forward { type "
                      "filter hook forward priority 0; policy drop; }'")
              .empty());
    CHECK(shadowAfter("nft 'add table ip6 fw; add chain ip6 fw forward { type filter hook forward "
                      "priority 0; policy drop; }'")
              .empty());
    CHECK(shadowAfter("nft 'add table bridge fw; add chain bridge fw forward { type filter hook "
                      "forward priority 0; policy drop; }'")
              .empty());
    CHECK(shadowAfter("nft 'add table ip fw; add chain ip fw in { type filter hook input priority "
                      "0; policy drop; }'")
              .empty());
}

TEST_CASE("chains that forwarded packets do not meet are not read, those too long are marked so")
{
    const FreshNetns netns;
    must("iptables -N USED; iptables -N UNUSED; iptables -A FORWARD -j USED; "
         "iptables -A USED -j RETURN; iptables -A USED -m limit --limit 1/s -j LOG");
    const Survey all = readSurvey();
    const auto names = [](const Survey& survey) {
        std::vector<std::string> found;
        for (const SurveyedChain& chain : survey.chains)
            found.push_back(chain.chain.chain + (chain.unread ? " (unread)" : ""));
        return found;
    };
    CHECK(names(all) == std::vector<std::string>{"FORWARD", "USED"});
    REQUIRE(all.chains[1].rules.size() == 2);
    CHECK(all.chains[1].rules[0] == SurveyedRule{.match = Match{}, .effect = Effect::returnBack});
    CHECK(all.chains[1].rules[1] == SurveyedRule{.effect = Effect::carryOn});
    CHECK(names(readSurvey(2)) == std::vector<std::string>{"FORWARD", "USED (unread)"});
    CHECK(names(readSurvey(0)) == std::vector<std::string>{"FORWARD (unread)"});
}

TEST_CASE("a change in the middle of a survey interrupts it, and the next one is whole")
{
    using Progress = nft::SurveyReader::Progress;
    const FreshNetns netns;
    must("iptables -P FORWARD DROP");
    nft::SurveyReader reader(1'000);
    Progress progress = reader.begin();
    for (int i = 0; i < 2; ++i)
        progress = reader.step();
    must("nft add table ip another");
    while (progress == Progress::going)
        progress = reader.step();
    CHECK(progress == Progress::interrupted);
    progress = reader.begin();
    while (progress == Progress::going)
        progress = reader.step();
    CHECK(progress == Progress::done);
    CHECK(reader.take().chains.size() == 1);
}

TEST_CASE("a long chain is read in many small steps")
{
    const FreshNetns netns;
    must("(echo '*filter'; for i in $(seq 4000); do echo \"-A FORWARD -s 10.1.$((i / 250)).$((i % "
         "250)) -j RETURN\"; done; echo COMMIT) | iptables-restore");
    nft::SurveyReader reader(5'000);
    int steps = 0;
    auto progress = reader.begin();
    for (; progress == nft::SurveyReader::Progress::going; ++steps)
        progress = reader.step();
    REQUIRE(progress == nft::SurveyReader::Progress::done);
    CHECK(reader.take().chains.at(0).rules.size() == 4'000);
    CHECK(steps > 20);
}
