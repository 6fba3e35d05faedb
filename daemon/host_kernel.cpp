// SPDX-License-Identifier: GPL-2.0-or-later
#include "host_kernel.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace fwdguard::daemon {

namespace {

/// Programs that do one thing and exit. Closing their netlink socket takes the lock that our commit
/// needs as well: when that lets us through, there is nothing of them left in /proc.
bool exitsSoon(std::string_view comm)
{
    constexpr std::array<std::string_view, 5> commands{
        "iptables", "ip6tables", "ebtables", "xtables-nft", "nft"};
    return std::ranges::any_of(
        commands, [&](std::string_view command) { return comm.starts_with(command); });
}

} // namespace

Changes HostKernel::changes()
{
    constexpr std::size_t enough = 16;
    Changes changes = nft_.changes();
    for (const Committer& committer : changes.committers)
        heard_.push_back({.committer = committer});
    while (heard_.size() > enough)
        heard_.pop_front();
    return changes;
}

void HostKernel::takeTraces()
{
    for (Heard& heard : heard_)
        if (!heard.traces && exitsSoon(heard.committer.comm))
            heard.traces = processes_.tracesOf(heard.committer);
}

CommitResult HostKernel::commit(const Plan& plan, std::optional<Generation> generation)
{
    takeTraces();
    return nft_.commit(plan, generation);
}

Cause HostKernel::identify(const Committer& committer)
{
    const auto heard = std::ranges::find(heard_, committer, &Heard::committer);
    if (heard == heard_.end() || !heard->traces)
        return processes_.identify(committer);
    const sys::Traces traces = *std::move(heard->traces);
    heard_.erase(heard);
    return processes_.identify(committer, traces);
}

} // namespace fwdguard::daemon
