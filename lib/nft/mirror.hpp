// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"
#include "nft/messages.hpp"
#include "nft/rule_message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace fwdguard::nft {

/// What chains hold, from when they were last read and from the events since: after a flush there
/// is nothing left to ask the kernel for.
///
/// Follows deletions only, and no longer than until one leaves a rule of ours in the chain, whose
/// counters it does not know. After everything else the chain has to be read again. It is no worry
/// if it is behind: what is decided by it is committed for its generation or not at all.
class Mirror {
  public:
    /// Takes in one message of NFNLGRP_NFTABLES; they have to come in the kernel's order.
    void take(const Message& message);

    /// Messages were lost: nothing is known any more.
    void lost() { kept_.clear(); }

    /// The chain, at the generation announced last, or that of its reading if that is newer;
    /// nullopt: it has to be read.
    [[nodiscard]] std::optional<Snapshot> recall(const ChainId& chain, bool withPolicy) const;

    /// What recall() would show; nullptr: it has to be read. Valid until the mirror changes.
    [[nodiscard]] const Snapshot* current(const ChainId& chain) const;

    /// The chain was read; fills in Snapshot::gone. Messages from before that may still come.
    void remember(Snapshot& snapshot, bool withPolicy);

    /// A chain that is not there was looked for.
    void sawMissing(const ChainMissing& missing) { newest_ = missing.generation; }

    /// What is remembered may be wrong: nothing is recalled before it was read again. If that shows
    /// a chain to be other than remembered, then events do not tell everything here, and nothing is
    /// recalled ever after; what a sweep then finds counts as missed.
    void doubt();

  private:
    struct Kept {
        Snapshot snapshot{};
        bool withPolicy = false;
        bool doubted = false;
        std::vector<Handle> deleted{}; ///< by the transaction whose announcement is to come
        bool changed = false;          ///< in another way, by that transaction
    };

    struct Gone {
        ChainId chain{};
        std::vector<GoneRule> rules{}; ///< since the chain was read
    };

    [[nodiscard]] static const ChainId& chainOf(const Kept& kept) { return kept.snapshot.chain; }
    static bool advance(Kept& kept, Generation to);
    static bool removeDeleted(Kept& kept);

    [[nodiscard]] Kept* find(std::uint8_t family, std::string_view table, std::string_view chain);
    [[nodiscard]] const Kept* known(const ChainId& chain) const;
    [[nodiscard]] std::vector<GoneRule>& goneOf(const ChainId& chain);
    void takeDeletion(const Message& message);
    void takeOther(const Message& message);

    std::vector<Kept> kept_;
    std::vector<Gone> gone_;
    Generation announced_{};           ///< the last one
    std::optional<Generation> newest_; ///< of a reading: what is known for older ones is stale
    bool wrong_ = false;
};

} // namespace fwdguard::nft
