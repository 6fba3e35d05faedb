// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/flow.hpp"

#include "core/relation.hpp"

#include <algorithm>
#include <string_view>

namespace fwdguard {

namespace {

/// What we ask the administrator to let pass when Docker's configuration names no mark: one bit
/// that kube-proxy (0x4000, 0x8000), the CNI's port mapping (0x2000), Calico, Cilium, Tailscale and
/// kube-router leave alone.
constexpr MarkMatch proposedMark{.value = 0x1000, .mask = 0x1000};
constexpr std::string_view proposedMarkLine = R"("bridge-accept-fwmark": "0x1000/0x1000")";
constexpr std::string_view directRoutingLine = R"("allow-direct-routing": true)";

std::string ruleId(const Flow& flow, std::string_view kind, std::size_t number)
{
    return flow.id + '-' + std::string{kind} + '-' + std::to_string(number);
}

/// One pair of interfaces in one direction.
struct Leg {
    std::string id{};
    Match match{};
};

std::vector<Leg> legsOf(const Flow& flow)
{
    std::vector<Leg> legs;
    std::size_t pair = 0;
    for (const InterfaceMatch& from : flow.from) {
        for (const InterfaceMatch& to : flow.to) {
            ++pair;
            legs.push_back(
                {.id = ruleId(flow, "there", pair),
                 .match = {
                     .inInterface = from, .outInterface = to, .destination = flow.destination}});
            legs.push_back(
                {.id = ruleId(flow, "back", pair),
                 .match = {.inInterface = to, .outInterface = from, .source = flow.destination}});
        }
    }
    return legs;
}

DeclaredRule acceptAtHead(const ChainId& chain, std::string id, const Match& match)
{
    return {
        .key = {.id = std::move(id), .family = chain.family},
        .chain = chain,
        .body = {.match = match, .verdict = {.kind = Verdict::Kind::accept, .chain = {}}}};
}

/// Docker configures both families the same way; the table of one may be missing.
bool dockerUsesNftables(const FlowHost& host)
{
    return host.docker.nftables || host.ip.dockerBridges || host.ip6.dockerBridges;
}

void expandForIptables(Expansion& expansion, const Flow& flow)
{
    const Family family = familyOf(flow);
    const bool inDockerUser = flow.anchor == Flow::Anchor::dockerUser;
    const ChainId chain{
        .family = family, .table = "filter", .chain = inDockerUser ? "DOCKER-USER" : "FORWARD"};
    for (Leg& leg : legsOf(flow))
        expansion.rules.push_back(acceptAtHead(chain, std::move(leg.id), leg.match));
    if (!flow.directAccess)
        return;
    const ChainId raw{.family = family, .table = "raw", .chain = "PREROUTING"};
    for (std::size_t i = 0; i < flow.from.size(); ++i)
        expansion.rules.push_back(acceptAtHead(
            raw,
            ruleId(flow, "raw", i + 1),
            {.inInterface = flow.from[i], .destination = flow.destination}));
}

bool leadsTo(const Flow& flow, std::string_view bridge)
{
    return std::ranges::any_of(flow.to, [&](const InterfaceMatch& to) {
        return to.prefix ? bridge.starts_with(to.name) : bridge == to.name;
    });
}

/// The mark that lets the flow into Docker's networks, and whether it does.
struct Marking {
    MarkMatch mark{};
    bool accepted = false;
};

Marking markingOf(const Flow& flow, const DockerOptions& docker, const FlowHost::Ruleset& ruleset)
{
    std::vector<const IntoBridge*> bridges;
    for (const auto& [name, bridge] : ruleset.bridges)
        if (leadsTo(flow, name))
            bridges.push_back(&bridge);
    Marking marking{
        .mark = docker.acceptMark.value_or(proposedMark),
        .accepted = docker.acceptMark.has_value()};
    if (bridges.empty())
        return marking; // the network is yet to be made, by a Docker that has read its file
    const auto asking = std::ranges::find_if(bridges, [](const IntoBridge* bridge) {
        return bridge->dropsRest && !bridge->marks.empty();
    });
    if (asking != bridges.end())
        marking.mark = (*asking)->marks.front();
    marking.accepted = std::ranges::all_of(bridges, [&](const IntoBridge* bridge) {
        return !bridge->dropsRest ||
               std::ranges::find(bridge->marks, marking.mark) != bridge->marks.end();
    });
    return marking;
}

/// With "allow-direct-routing" Docker makes no such rule. One whose conditions are not understood
/// names several interfaces, as Docker itself writes it for a network.
bool dropsDirectAccess(const Flow& flow, const FlowHost::Ruleset& ruleset)
{
    const auto version = flow.destination ? flow.destination->version : AddressMatch::Version::v4;
    return std::ranges::any_of(ruleset.rawDrops, [&](const std::optional<Match>& drop) {
        return !drop || std::ranges::any_of(flow.from, [&](const InterfaceMatch& from) {
            const Match wanted{.inInterface = from, .destination = flow.destination};
            return relate(wanted, *drop, version, {}) != Relation::none;
        });
    });
}

void expandForNftables(Expansion& expansion, const Flow& flow, const FlowHost& host)
{
    const Family family = familyOf(flow);
    const FlowHost::Ruleset& ruleset = family == Family::ip6 ? host.ip6 : host.ip;
    const Marking marking = markingOf(flow, host.docker, ruleset);
    const ChainId forward{.family = family, .table = "filter", .chain = "FORWARD"};
    for (Leg& leg : legsOf(flow)) {
        expansion.marks.push_back(
            {.family = family,
             .match = leg.match,
             .value = marking.mark.value,
             .mask = marking.mark.mask,
             .comment = leg.id});
        if (ruleset.forward)
            expansion.rules.push_back(acceptAtHead(forward, std::move(leg.id), leg.match));
    }
    const auto lacks = [&expansion](bool configured, std::string_view line) {
        if (configured)
            expansion.dockerRestart = true;
        else
            expansion.dockerLines.emplace_back(line);
    };
    if (!marking.accepted)
        lacks(host.docker.acceptMark.has_value(), proposedMarkLine);
    if (flow.directAccess && (!host.docker.directRouting || dropsDirectAccess(flow, ruleset)))
        lacks(host.docker.directRouting, directRoutingLine);
}

} // namespace

Family familyOf(const Flow& flow)
{
    const bool v6 = flow.destination && flow.destination->version == AddressMatch::Version::v6;
    return v6 ? Family::ip6 : Family::ip;
}

std::vector<std::string> ruleIdsOf(const Flow& flow)
{
    std::vector<std::string> ids;
    for (Leg& leg : legsOf(flow))
        ids.push_back(std::move(leg.id));
    for (std::size_t i = 0; i < flow.from.size(); ++i)
        ids.push_back(ruleId(flow, "raw", i + 1));
    return ids;
}

Expansion expand(const Flow& flow, const FlowHost& host)
{
    Expansion expansion;
    if (dockerUsesNftables(host))
        expandForNftables(expansion, flow, host);
    else
        expandForIptables(expansion, flow);
    for (const std::vector<InterfaceMatch>* side : {&flow.from, &flow.to})
        for (const InterfaceMatch& interface : *side)
            if (!interface.prefix && !host.interfaces.contains(interface.name))
                expansion.missingInterfaces.push_back(interface.name);
    return expansion;
}

} // namespace fwdguard
