// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/reporter.hpp"

#include <chrono>

namespace fwdguard::test {

inline const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};
inline const RuleKey toDocker{.id = "to-docker0", .family = Family::ip};

inline const Cause iptablesOfDocker{
    .pid = 4242,
    .comm = "iptables",
    .exe = "/usr/sbin/xtables-nft-multi",
    .cmdline = "iptables --wait -F FORWARD",
    .parent = ParentProcess{.pid = 700, .comm = "dockerd"},
    .unit = "docker.service"};

/// A repaired deletion.
inline Incident sampleIncident()
{
    return {
        .key = toDocker,
        .chain = forward,
        .damage = Damage::deleted,
        .generation = {17},
        .at = WallTime(std::chrono::milliseconds(1'772'366'400'123)), // 2026-03-01T12:00:00.123Z
        .cause = iptablesOfDocker,
        .exposure = std::chrono::microseconds(41),
        .place = "head"};
}

} // namespace fwdguard::test
