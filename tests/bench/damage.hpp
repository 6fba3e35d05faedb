// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bench/restorer.hpp"
#include "bench/samples.hpp"
#include "bench/sockets.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace fwdguard::bench {

/// Whoever restores comes to rest for a while between two flushes: the processor's caches are still
/// warm after 0.3 ms, and others have used them after 3.
constexpr std::chrono::microseconds warm{300};
constexpr std::chrono::microseconds rested{3000};

/// Runs a shell command that must succeed; throws otherwise.
void must(const std::string& command);

/// Flushes `ip filter FORWARD` so often, at such intervals, and adds the times from the end of a
/// flush's commit to the announcement of the next one by somebody else than `bystanders` (ports):
/// of so many, for who needs more than one to bring both rules back.
void flushRepeatedly(
    int times,
    std::chrono::microseconds rest,
    Samples& samples,
    const std::set<std::uint32_t>& bystanders = {},
    int commits = 1);

/// The same for so many declared rules; throws unless the next transaction brings all of them.
/// `tagged` was made when none stood.
void flushAllRepeatedly(int times, std::size_t rules, TaggedRules& tagged, Samples& samples);

/// The same, but deletes only the two rules of ours, whatever else is in the chain. `tagged` was
/// made when none stood.
void deleteOursRepeatedly(int times, TaggedRules& tagged, Samples& samples);

/// Floor and guard in turns, so that the machine's moods hit both alike: `measure` is called so
/// many rounds for each, while a restorer of its kind is at work.
struct Turns {
    Samples floor{};
    Samples guard{};

    using Make = std::function<Restorer()>;
    void take(
        int rounds,
        const Make& makeFloor,
        const Make& makeGuard,
        const std::function<void(Samples&)>& measure);
};

} // namespace fwdguard::bench
