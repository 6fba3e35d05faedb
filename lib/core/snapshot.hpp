// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/types.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

namespace fwdguard {

/// One rule as read, foreign or ours. Kept small: a chain can hold tens of thousands.
struct KernelRule {
    Handle handle{};
    std::string jumpsTo{}; ///< chain of its jump or goto verdict, else empty
    bool operator==(const KernelRule&) const = default;
};

/// What more is known of a rule that carries our tag.
struct TaggedRule {
    std::size_t index = 0; ///< into Snapshot::rules
    std::string id{};
    std::optional<RuleBody> body{}; ///< nullopt: its expressions say something no declared rule can
    Counters counters{};
    bool operator==(const TaggedRule&) const = default;
};

/// What is known of a rule that carried our tag and was deleted.
struct GoneRule {
    std::string id{};
    Counters counters{}; ///< as it was deleted
    bool operator==(const GoneRule&) const = default;
};

/// One chain at one generation.
struct Snapshot {
    ChainId chain{};
    Generation generation{};          ///< an empty chain may be newer than this, never older
    std::optional<Policy> policy{};   ///< read only on request; a regular chain has none
    std::vector<KernelRule> rules{};  ///< in evaluation order
    std::vector<TaggedRule> tagged{}; ///< by ascending index
    std::vector<GoneRule> gone{};     ///< those whose deletion was seen since the last reading
    bool operator==(const Snapshot&) const = default;
};

/// The chain, or its whole table, does not exist at this generation.
struct ChainMissing {
    ChainId chain{};
    bool tableMissing = false;
    Generation generation{};
    bool operator==(const ChainMissing&) const = default;
};

/// The kernel could not be asked. Says nothing about the chain: never take it for empty.
struct SnapshotFailed {
    ChainId chain{};
    std::error_code error{};
};

using SnapshotResult = std::variant<Snapshot, ChainMissing, SnapshotFailed>;

} // namespace fwdguard
