// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "unit/core/flow_samples.hpp"

#include <algorithm>
#include <set>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

ChainId chainId(const std::string& table, const std::string& chain, Family family = Family::ip)
{
    return {.family = family, .table = table, .chain = chain};
}

std::vector<std::string> idsOf(const Expansion& expansion)
{
    std::vector<std::string> ids;
    for (const DeclaredRule& rule : expansion.rules)
        ids.push_back(rule.key.id);
    return ids;
}

const DeclaredRule& ruleNamed(const Expansion& expansion, const std::string& id)
{
    const auto rule = std::ranges::find_if(
        expansion.rules, [&](const DeclaredRule& one) { return one.key.id == id; });
    REQUIRE(rule != expansion.rules.end());
    return *rule;
}

/// A status in which all rules of these flows are in place.
Status statusOf(const std::vector<ExpandedFlow>& flows)
{
    Status status{.state = ManagerState::guarding};
    for (const ExpandedFlow& flow : flows)
        for (const DeclaredRule& rule : flow.expansion.rules)
            status.rules.push_back(
                {.key = rule.key, .chain = rule.chain, .state = RuleState::inPlace});
    return status;
}

} // namespace

TEST_CASE("where Docker works with iptables, a flow is an accept in each direction at the head of "
          "FORWARD")
{
    const Expansion expansion = expand(pods(), iptablesHost());
    REQUIRE(idsOf(expansion) == std::vector<std::string>{"pods-there-1", "pods-back-1"});
    CHECK(expansion.marks.empty());
    CHECK(expansion.dockerLines.empty());
    const DeclaredRule there{
        .key = {.id = "pods-there-1", .family = Family::ip},
        .chain = chainId("filter", "FORWARD"),
        .position = {.kind = Position::Kind::head, .chain = {}},
        .body = {
            .match =
                {.inInterface = named("flannel.1"),
                 .outInterface = named("docker0"),
                 .destination = prefix(10, 244, 16)},
            .verdict = {.kind = Verdict::Kind::accept, .chain = {}}}};
    CHECK(expansion.rules[0] == there);
    const Match back{
        .inInterface = named("docker0"),
        .outInterface = named("flannel.1"),
        .source = prefix(10, 244, 16)};
    CHECK(expansion.rules[1].body.match == back);
}

TEST_CASE("with the anchor docker-user the accepts stand in DOCKER-USER")
{
    Flow flow = pods();
    flow.anchor = Flow::Anchor::dockerUser;
    for (const DeclaredRule& rule : expand(flow, iptablesHost()).rules)
        CHECK(rule.chain == chainId("filter", "DOCKER-USER"));
}

TEST_CASE("only direct access, and only towards the containers, adds an accept in raw PREROUTING")
{
    Flow flow = pods();
    flow.directAccess = true;
    const Expansion expansion = expand(flow, iptablesHost());
    REQUIRE(expansion.rules.size() == 3);
    const DeclaredRule raw = ruleNamed(expansion, "pods-raw-1");
    const Match match{.inInterface = named("flannel.1"), .destination = prefix(10, 244, 16)};
    CHECK(raw.chain == chainId("raw", "PREROUTING"));
    CHECK(raw.body.match == match);
}

TEST_CASE("several interfaces make a pair of rules for each from and to, and all ids differ")
{
    Flow flow = pods();
    flow.from = {named("flannel.1"), {.name = "wg", .prefix = true}};
    flow.to = {named("docker0"), {.name = "br-", .prefix = true}};
    flow.directAccess = true;
    const Expansion expansion = expand(flow, iptablesHost());
    CHECK(expansion.rules.size() == 2 * 4 + 2);
    const std::vector<std::string> ids = idsOf(expansion);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
    std::vector<std::string> possible = ruleIdsOf(flow);
    CHECK(std::set(ids.begin(), ids.end()) == std::set(possible.begin(), possible.end()));
    CHECK(ruleNamed(expansion, "pods-there-2").body.match.outInterface == flow.to[1]);
    CHECK(ruleNamed(expansion, "pods-raw-2").body.match.inInterface == flow.from[1]);
}

TEST_CASE("the longest flow id with the most interfaces makes rule ids that fit")
{
    Flow flow = pods();
    flow.id = std::string(maxFlowIdLength, 'x');
    flow.from.assign(maxFlowInterfaces, named("a"));
    flow.to.assign(maxFlowInterfaces, named("b"));
    for (const std::string& id : ruleIdsOf(flow))
        CHECK(id.size() <= maxRuleIdLength);
}

TEST_CASE("an IPv6 destination makes rules of ip6")
{
    Flow flow = pods();
    flow.destination->version = AddressMatch::Version::v6;
    for (const DeclaredRule& rule : expand(flow, iptablesHost()).rules) {
        CHECK(rule.key.family == Family::ip6);
        CHECK(rule.chain.family == Family::ip6);
    }
}

TEST_CASE("an interface that a flow names exactly has to be there, one of a prefix has not")
{
    Flow flow = pods();
    flow.from = {named("flannel.1"), named("flannel.9"), {.name = "wg", .prefix = true}};
    const Expansion expansion = expand(flow, iptablesHost());
    CHECK(expansion.missingInterfaces == std::vector<std::string>{"flannel.9"});
    CHECK(expansion.rules.size() == 6); // they stand nonetheless
    const FlowLack lack = lackOf(expanded(flow, iptablesHost()));
    CHECK(lack.state == FlowState::waiting);
    CHECK(lack.detail == "no interface flannel.9");
}

TEST_CASE("a flow whose rules stand and that lacks nothing is in place")
{
    const std::vector<ExpandedFlow> flows{expanded(pods(), iptablesHost())};
    Status status = statusOf(flows);
    addFlows(status, flows);
    REQUIRE(status.flows.size() == 1);
    CHECK(status.flows[0].id == "pods");
    CHECK(status.flows[0].state == FlowState::inPlace);
    CHECK(status.flows[0].detail.empty());
    CHECK(status.flows[0].rules == std::vector<std::string>{"pods-there-1", "pods-back-1"});
    CHECK(status.state == ManagerState::guarding);
}

TEST_CASE("a flow is no better than its worst rule, and says which")
{
    const std::vector<ExpandedFlow> flows{expanded(pods(), iptablesHost())};
    Status status = statusOf(flows);
    status.rules[0].state = RuleState::held;
    status.rules[1].state = RuleState::contested;
    status.rules[1].detail = "next repair in 5 s";
    addFlows(status, flows);
    CHECK(status.flows[0].state == FlowState::contested);
    CHECK(status.flows[0].detail == "pods-back-1: next repair in 5 s");
}

TEST_CASE("a rule that waits for raw PREROUTING does not hinder the flow: nothing drops there")
{
    Flow flow = pods();
    flow.directAccess = true;
    const std::vector<ExpandedFlow> flows{expanded(flow, iptablesHost())};
    Status status = statusOf(flows);
    status.rules[2].state = RuleState::waiting;
    addFlows(status, flows);
    CHECK(status.flows[0].state == FlowState::inPlace);
}

TEST_CASE("a degraded flow degrades the whole, unless the whole says something more urgent")
{
    FlowHost host = nftablesHost();
    host.docker = {};
    const std::vector<ExpandedFlow> flows{expanded(pods(), host)};
    Status status = statusOf(flows);
    addFlows(status, flows);
    CHECK(status.state == ManagerState::degraded);
    Status contested = statusOf(flows);
    contested.state = ManagerState::contested;
    addFlows(contested, flows);
    CHECK(contested.state == ManagerState::contested);
}

TEST_CASE("a table of our own that cannot be written is a lack")
{
    ExpandedFlow flow = expanded(pods(), nftablesHost());
    flow.markError = "Operation not permitted";
    CHECK(lackOf(flow).state == FlowState::degraded);
    CHECK(lackOf(flow).detail == "cannot mark packets for Docker: Operation not permitted");
}
