// SPDX-License-Identifier: GPL-2.0-or-later
// Flows where Docker works with nftables.
#include "core/docker_chains.hpp"
#include "support/catch.hpp"
#include "unit/core/flow_samples.hpp"

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

/// Docker's chain into a bridge, for a Docker that accepts this mark, or none.
IntoBridge bridgeThatAccepts(std::optional<MarkMatch> mark)
{
    IntoBridge bridge{.dropsRest = true};
    if (mark)
        bridge.marks.push_back(*mark);
    return bridge;
}

} // namespace

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
    const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};
    for (const DeclaredRule& rule : expansion.rules)
        CHECK(rule.chain == forward);
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

TEST_CASE("Docker's chains are read for the marks that they let pass, and what they drop")
{
    const auto accepted = [](const Match& match) {
        return SurveyedRule{.match = match, .effect = Effect::accept};
    };
    const SurveyedRule dropRest{.match = Match{}, .effect = Effect::drop};
    const MarkMatch mark{.value = 0x10, .mask = 0xf0};
    const std::vector<SurveyedRule> usual{
        accepted({.ctState = CtStates::established | CtStates::related}),
        accepted({.mark = mark}),
        accepted({.inInterface = named("docker0")}),
        {.match = std::nullopt, .effect = Effect::accept},
        dropRest,
        accepted({.mark = MarkMatch{.value = 1}})};
    CHECK(intoBridge(usual) == bridgeThatAccepts(mark));
    CHECK(intoBridge(std::vector{accepted({}), dropRest}) == IntoBridge{});
    const SurveyedRule internal{
        .match = Match{.inInterface = InterfaceMatch{.name = "br-1", .negated = true}},
        .effect = Effect::drop};
    CHECK(intoBridge(std::vector{internal, accepted({})}) == IntoBridge{});
    const std::vector<std::optional<Match>> drops{Match{}, internal.match};
    CHECK(dropsOf(std::vector{dropRest, accepted({}), internal}) == drops);
}

TEST_CASE("a flow whose mark Docker's configuration has and its tables have not lacks a restart")
{
    FlowHost host = nftablesHost();
    host.ip.bridges["docker0"] = bridgeThatAccepts(std::nullopt);
    const ExpandedFlow flow = expanded(pods(), host);
    CHECK(flow.expansion.marks[0].value == 0x10); // what it will be
    CHECK(flow.expansion.dockerLines.empty());
    CHECK(lackOf(flow).state == FlowState::degraded);
    CHECK(
        lackOf(flow).detail == "Docker's nftables backend drops it: restart Docker, which does "
                               "not yet do what /etc/docker/daemon.json says");
    host.ip.bridges["docker0"] = bridgeThatAccepts(host.docker.acceptMark);
    CHECK(lackOf(expanded(pods(), host)).state == FlowState::inPlace);
}

TEST_CASE("a flow takes the mark that Docker's tables let pass, wherever Docker has it from")
{
    FlowHost host = nftablesHost();
    const MarkMatch running{.value = 0x200, .mask = 0x200};
    host.ip.bridges["docker0"] = bridgeThatAccepts(running);
    for (const bool written : {true, false}) { // another one, for Docker's next start; or none
        if (!written)
            host.docker.acceptMark.reset();
        const ExpandedFlow flow = expanded(pods(), host);
        CHECK(flow.expansion.marks[0].value == 0x200);
        CHECK(flow.expansion.marks[0].mask == 0x200);
        CHECK(lackOf(flow).state == FlowState::inPlace);
    }
}

TEST_CASE("a flow wants its mark let into each network that it leads to, and into no other")
{
    FlowHost host = nftablesHost();
    host.ip.bridges["docker0"] = bridgeThatAccepts(host.docker.acceptMark);
    host.ip.bridges["br-1"] = bridgeThatAccepts(std::nullopt);
    CHECK(lackOf(expanded(pods(), host)).state == FlowState::inPlace);
    Flow flow = pods();
    flow.to.push_back({.name = "br-", .prefix = true});
    CHECK(lackOf(expanded(flow, host)).state == FlowState::degraded);
    host.ip.bridges["br-1"].dropsRest = false;
    CHECK(lackOf(expanded(flow, host)).state == FlowState::inPlace);
}

TEST_CASE("direct access lacks a restart while Docker still drops what comes for its containers")
{
    FlowHost host = nftablesHost();
    const InterfaceMatch elsewhere{.name = "docker0", .negated = true};
    host.ip.rawDrops = {Match{.inInterface = elsewhere, .destination = prefix(10, 244, 24)}};
    CHECK(lackOf(expanded(pods(), host)).state == FlowState::inPlace); // asks for none
    Flow flow = pods();
    flow.directAccess = true;
    CHECK(expanded(flow, host).expansion.dockerRestart);
    CHECK(lackOf(expanded(flow, host)).state == FlowState::degraded);
    host.ip.rawDrops = {std::nullopt}; // of a network: from all interfaces but several
    CHECK(expanded(flow, host).expansion.dockerRestart);
    const InterfaceMatch notLoopback{.name = "lo", .negated = true};
    host.ip.rawDrops = {Match{.inInterface = notLoopback, .destination = prefix(127, 0, 32)}};
    CHECK(lackOf(expanded(flow, host)).state == FlowState::inPlace);
}
