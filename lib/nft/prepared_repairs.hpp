// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/plan.hpp"
#include "nft/attributes.hpp"
#include "nft/batch.hpp"
#include "nft/messages.hpp"
#include "nft/mirror.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace fwdguard::nft {

/// A plan for a chain that is left empty, encoded. Its rules start from what they had counted when
/// they were deleted.
class ReadyRepair {
  public:
    ReadyRepair() = default;
    ReadyRepair(Plan plan, ReadyBatch batch);

    [[nodiscard]] const Plan& plan() const { return plan_; }
    [[nodiscard]] ReadyBatch& batch() { return batch_; }

    /// What the rule of the n-th insertion had counted.
    void recall(std::size_t insertion, const Counters& counters);

    /// The plan, with what was recalled.
    [[nodiscard]] Plan takePlan();

  private:
    Plan plan_{};
    ReadyBatch batch_{};
    std::vector<Counters> counted_{}; ///< by insertion
};

/// The repairs that are prepared, and which of them is due: whether events say that a chain lost
/// all its rules and that nothing else was done to any chain with a prepared repair.
///
/// Every line of memory is cold between hearing of a flush and its repair, and each costs. So this
/// reads of events what tells such a flush from everything else, no more, before the Mirror takes
/// them in. It knows the chain's rules from the mirror and expects their deletion in that order.
class PreparedRepairs {
  public:
    /// Adds a chain, with an empty plan if nothing is to be done about it. Nothing of it is due
    /// before settle().
    void add(const ChainId& chain, ReadyRepair repair);

    void clear() { chains_.clear(); }
    [[nodiscard]] bool empty() const { return chains_.empty(); }

    /// Takes in one message of NFNLGRP_NFTABLES; they have to come in the kernel's order.
    void take(const Message& message);

    /// Messages were lost: nothing is due before settle().
    void lost();

    /// What was taken in is the guard's to repair now, and the mirror has taken in the same:
    /// expects from now on that the rules go which it knows.
    void settle(const Mirror& mirror);

    /// The one repair that is due, with the counters of the deleted rules, or nullptr. To be asked
    /// when all that was waiting is taken in.
    [[nodiscard]] ReadyRepair* due();

    /// Does on a copy what take() and due() do for a flush that a repair is prepared for, so that
    /// none of it is cold when one comes.
    void rehearse() const;

    /// The generation announced last.
    [[nodiscard]] Generation announced() const { return announced_; }

  private:
    struct Rule {
        Handle handle{};
        std::optional<std::uint32_t> insertion{}; ///< that brings it back, if it is of the plan
    };

    struct Chain {
        bool watched = false; ///< `rules` are all it holds, and all that the plan inserts are there
        Generation at{};
        std::size_t deleted = 0;           ///< of the rules, from the first one on
        std::vector<Rule> rules{};         ///< in their order
        std::vector<std::uint8_t> start{}; ///< how the body of a message about its rules begins
        ReadyRepair repair{};
        ChainId id{};
    };

    static void watch(Chain& chain, const Snapshot& known);
    [[nodiscard]] Chain* chainOf(const Message& message);
    void takeDeletion(const Message& message);
    void takeAnnouncement(Generation generation);

    std::vector<Chain> chains_;
    Generation announced_{};
    bool announcementToCome_ = false; ///< of the transaction that deleted what was deleted last
};

} // namespace fwdguard::nft
