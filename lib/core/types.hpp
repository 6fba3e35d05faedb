// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fwdguard {

/// The nf_tables families that have a forward path worth guarding.
enum class Family : std::uint8_t { ip, ip6, inet, bridge };

/// nft's word for a family ("ip", "ip6", "inet", "bridge") and back; nullopt for any other word.
[[nodiscard]] std::string_view toString(Family family);
[[nodiscard]] std::optional<Family> parseFamily(std::string_view word);

/// The kernel's number of a rule. Unique within one table's life: a table that is deleted and
/// created again starts over.
struct Handle {
    std::uint64_t value = 0;
    auto operator<=>(const Handle&) const = default;
};

/// The kernel's count of committed nf_tables transactions in one network namespace. Wraps; 0 never
/// occurs (net/netfilter/nf_tables_api.c, nf_tables_commit). For legacy tables, which the kernel
/// does not count, it is our own count of noticed changes: the two never compare.
struct Generation {
    std::uint32_t value = 0;
    auto operator<=>(const Generation&) const = default;

    /// True when `this` was committed after `other`, across a wrap.
    [[nodiscard]] bool isAfter(Generation other) const
    {
        return static_cast<std::int32_t>(value - other.value) > 0;
    }
};

/// Where a chain lives. A host may have both, with chains of the same names, and a packet has to
/// get through all of them.
enum class BackendKind : std::uint8_t { nfTables, legacy };

inline constexpr std::size_t backendKinds = 2;

/// "nf_tables", "legacy".
[[nodiscard]] std::string_view toString(BackendKind backend);

/// Names one chain.
struct ChainId {
    Family family = Family::ip;
    std::string table{};
    std::string chain{};
    BackendKind backend = BackendKind::nfTables;
    auto operator<=>(const ChainId&) const = default;
};

/// The chain of the same names in the other backend.
[[nodiscard]] ChainId twinOf(ChainId chain);

/// As iptables and nft users say it: "ip filter FORWARD", and behind that " (legacy)" where it is.
[[nodiscard]] std::string toString(const ChainId& chain);

/// What a base chain does with a packet that reached its end.
enum class Policy : std::uint8_t { accept, drop };

[[nodiscard]] std::string_view toString(Policy policy);

/// Packets and bytes that a rule has matched.
struct Counters {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    auto operator<=>(const Counters&) const = default;
};

/// CLOCK_MONOTONIC; only the driver's caller reads it.
using Instant = std::chrono::steady_clock::time_point;

/// Wall-clock time, for what people read.
using WallTime = std::chrono::system_clock::time_point;

/// Both clocks, read together by whoever feeds the guard.
struct Now {
    Instant instant{};
    WallTime wall{};
};

/// Of a declared rule or policy.
enum class RuleState : std::uint8_t {
    inPlace,   ///< exactly once, unaltered, at its position
    waiting,   ///< its table or chain does not exist
    repairing, ///< damage seen, repair not yet acknowledged
    contested, ///< somebody keeps undoing repairs: the next one waits
    shadowed,  ///< in place, but something drops the traffic first
    failed,    ///< the kernel refuses it
    held,      ///< an administrator paused repairs
};

/// "in-place", "waiting", "repairing", "contested", "shadowed", "failed", "held".
[[nodiscard]] std::string_view toString(RuleState state);
[[nodiscard]] std::optional<RuleState> parseRuleState(std::string_view word);

} // namespace fwdguard
