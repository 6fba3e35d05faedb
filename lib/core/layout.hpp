// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/snapshot.hpp"

#include <compare>
#include <cstddef>
#include <string>
#include <vector>

namespace fwdguard {

/// The foreign rules of a snapshot, and the gaps between them. Foreign rules never move, so a
/// position is a gap: gap 0 is before all of them, gap n after the n-th, the last one is the tail.
///
/// Refers to the snapshot, which must outlive it.
class Gaps {
  public:
    explicit Gaps(const Snapshot& snapshot);

    /// The gap that the rule at this index stands in; for a foreign rule, the gap before it.
    [[nodiscard]] std::size_t gapOf(std::size_t index) const { return gapOf_[index]; }

    [[nodiscard]] std::size_t last() const { return foreign_.size(); }

    /// The foreign rule that ends a gap other than the last.
    [[nodiscard]] Handle foreignAfter(std::size_t gap) const
    {
        return snapshot_.rules[foreign_[gap]].handle;
    }

    /// A place in the chain that a position stands for. Places sort as their rules shall stand.
    struct Place {
        std::size_t gap = 0;
        Position::Kind rank = Position::Kind::head;
        std::size_t order = 0; ///< in the configuration
    };

    /// Where a declared rule belongs. An anchor that no foreign rule jumps to stands for the head
    /// (before) or the tail (after). A rule that may be anywhere belongs into `current`, the gap in
    /// which it stands.
    [[nodiscard]] Place
    placeOf(const Position& position, std::size_t order, std::size_t current) const;

  private:
    /// The gap before the first foreign rule that jumps to `chain`, or last() if there is none.
    [[nodiscard]] std::size_t gapBeforeJumpTo(const std::string& chain) const;

    const Snapshot& snapshot_;
    std::vector<std::size_t> foreign_; ///< indexes into the snapshot's rules
    std::vector<std::size_t> gapOf_;
};

/// True when a rule at `a` shall stand before one at `b`.
[[nodiscard]] bool standsBefore(const Gaps::Place& a, const Gaps::Place& b);

/// The longest subsequence whose values rise strictly, as indexes into `values`.
[[nodiscard]] std::vector<std::size_t>
longestRisingSubsequence(const std::vector<std::size_t>& values);

} // namespace fwdguard
