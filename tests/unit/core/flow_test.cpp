// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/flow.hpp"
#include "core/flow_status.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>

using namespace fwdguard;

namespace {

InterfaceMatch named(const std::string& name)
{
    return {.name = name};
}

AddressMatch prefix(std::uint8_t first, std::uint8_t second, std::uint8_t length)
{
    AddressMatch match{.prefixLength = length};
    match.address[0] = first;
    match.address[1] = second;
    return match;
}

Flow pods()
{
    return {
        .id = "pods",
        .from = {named("flannel.1")},
        .to = {named("docker0")},
        .destination = prefix(10, 244, 16)};
}

FlowHost iptablesHost()
{
    return {.ip = {.forward = true}, .interfaces = {"flannel.1", "docker0"}};
}

FlowHost nftablesHost()
{
    FlowHost host = iptablesHost();
    host.ip = {.dockerBridges = true, .forward = false};
    host.docker.acceptMark = MarkMatch{.value = 0x10, .mask = 0xf0};
    host.docker.directRouting = true;
    return host;
}

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

ExpandedFlow expanded(const Flow& flow, const FlowHost& host)
{
    return {.flow = flow, .expansion = expand(flow, host), .dockerFile = "/etc/docker/daemon.json"};
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

TEST_CASE("where Docker works with nftables, packets get the mark that Docker lets pass")
{
    Flow flow = pods();
    flow.directAccess = true;
    const Expansion expansion = expand(flow, nftablesHost());
    CHECK(expansion.rules.empty());
    CHECK(expansion.dockerLines.empty());
    REQUIRE(expansion.marks.size() == 2);
    CHECK(expansion.marks[0].value == 0x10);
    CHECK(expansion.marks[0].mask == 0xf0);
    CHECK(expansion.marks[0].match.inInterface == named("flannel.1"));
    CHECK(expansion.marks[1].match.inInterface == named("docker0"));
}

TEST_CASE("a FORWARD chain that is left over beside Docker's nftables gets the accepts as well")
{
    FlowHost host = nftablesHost();
    host.ip.forward = true;
    Flow flow = pods();
    flow.anchor = Flow::Anchor::dockerUser; // nothing jumps there any more
    const Expansion expansion = expand(flow, host);
    REQUIRE(expansion.rules.size() == 2);
    for (const DeclaredRule& rule : expansion.rules)
        CHECK(rule.chain == chainId("filter", "FORWARD"));
}

TEST_CASE("Docker's configuration alone says nftables while its table is away")
{
    FlowHost host = nftablesHost();
    host.ip.dockerBridges = false;
    CHECK(expand(pods(), host).marks.empty());
    host.docker.nftables = true;
    CHECK(expand(pods(), host).marks.size() == 2);
}

TEST_CASE("what Docker's configuration lacks is told as the lines to add")
{
    FlowHost host = nftablesHost();
    host.docker = {};
    Flow flow = pods();
    const ExpandedFlow plain = expanded(flow, host);
    CHECK(
        lackOf(plain).detail ==
        "Docker's nftables backend drops it: add to /etc/docker/daemon.json "
        "\"bridge-accept-fwmark\": \"0x1000/0x1000\", and restart Docker");
    REQUIRE(plain.expansion.marks.size() == 2); // already the mark that the line will let pass
    CHECK(plain.expansion.marks[0].value == 0x1000);
    CHECK(plain.expansion.marks[0].mask == 0x1000);

    flow.directAccess = true;
    const FlowLack direct = lackOf(expanded(flow, host));
    CHECK(direct.state == FlowState::degraded);
    CHECK(
        direct.detail == "Docker's nftables backend drops it: add to /etc/docker/daemon.json "
                         "\"bridge-accept-fwmark\": \"0x1000/0x1000\", "
                         "\"allow-direct-routing\": true, and restart Docker");
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
