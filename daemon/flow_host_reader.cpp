// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow_host_reader.hpp"

#include "config/docker.hpp"
#include "sys/link_watch.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace fwdguard::daemon {

namespace {

/// Of Docker's nftables backend (moby's daemon/libnetwork/drivers/bridge/internal/nftabler).
ChainId dockerChain(Family family, std::string chain)
{
    return {.family = family, .table = "docker-bridges", .chain = std::move(chain)};
}

ChainId iptablesForward(Family family)
{
    return {.family = family, .table = "filter", .chain = "FORWARD"};
}

std::vector<std::string> namesOf(const InterfaceMatch& interface)
{
    if (interface.prefix)
        return sys::interfacesWithPrefix(interface.name);
    return {interface.name};
}

} // namespace

FlowHost FlowHostReader::read(
    std::span<const ExpandedFlow> flows,
    const std::filesystem::path& dockerFile,
    const FlowHost& before)
{
    FlowHost host{.docker = config::readDockerOptions(dockerFile)};
    host.ip = rulesetOf(Family::ip, flows, before.ip);
    host.ip6 = rulesetOf(Family::ip6, flows, before.ip6);
    for (const ExpandedFlow& flow : flows)
        for (const std::vector<InterfaceMatch>* side : {&flow.flow.from, &flow.flow.to})
            for (const InterfaceMatch& interface : *side)
                if (!interface.prefix && sys::interfaceExists(interface.name))
                    host.interfaces.insert(interface.name);
    return host;
}

FlowHost::Ruleset FlowHostReader::rulesetOf(
    Family family, std::span<const ExpandedFlow> flows, const FlowHost::Ruleset& before)
{
    FlowHost::Ruleset ruleset{
        .dockerBridges = chainExists(dockerChain(family, "filter-FORWARD"), before.dockerBridges),
        .forward = chainExists(iptablesForward(family), before.forward)};
    if (ruleset.dockerBridges)
        readDocker(family, flows, ruleset, before);
    return ruleset;
}

bool FlowHostReader::chainExists(const ChainId& chain, bool before) const
{
    const SnapshotResult result = kernel_.snapshot(chain, false);
    if (std::holds_alternative<SnapshotFailed>(result))
        return before;
    return std::holds_alternative<Snapshot>(result);
}

void FlowHostReader::readDocker(
    Family family,
    std::span<const ExpandedFlow> flows,
    FlowHost::Ruleset& ruleset,
    const FlowHost::Ruleset& before)
{
    if (!reader_)
        reader_.emplace();
    bool direct = false;
    for (const ExpandedFlow& flow : flows) {
        if (familyOf(flow.flow) != family)
            continue;
        direct |= flow.flow.directAccess;
        for (const InterfaceMatch& to : flow.flow.to)
            for (const std::string& bridge : namesOf(to))
                readBridge(
                    dockerChain(family, "filter-forward-in__" + bridge), bridge, ruleset, before);
    }
    if (!direct)
        return;
    const auto rules = reader_->rules(dockerChain(family, "raw-PREROUTING"));
    ruleset.rawDrops = rules ? dropsOf(*rules) : before.rawDrops;
}

void FlowHostReader::readBridge(
    const ChainId& chain,
    const std::string& bridge,
    FlowHost::Ruleset& ruleset,
    const FlowHost::Ruleset& before)
{
    const auto rules = reader_->rules(chain);
    if (rules && !rules->empty()) // Docker's chain for a bridge of its own never is
        ruleset.bridges[bridge] = intoBridge(*rules);
    else if (const auto known = before.bridges.find(bridge);
             !rules && known != before.bridges.end())
        ruleset.bridges.insert(*known);
}

} // namespace fwdguard::daemon
