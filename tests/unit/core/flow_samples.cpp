// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/core/flow_samples.hpp"

namespace fwdguard::test {

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

ExpandedFlow expanded(const Flow& flow, const FlowHost& host)
{
    return {.flow = flow, .expansion = expand(flow, host), .dockerFile = "/etc/docker/daemon.json"};
}

} // namespace fwdguard::test
