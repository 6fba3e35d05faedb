// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/chain_record.hpp"
#include "core/declared.hpp"
#include "core/facts.hpp"
#include "core/lock_wait.hpp"
#include "core/status.hpp"
#include "core/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard {

/// Decides. Is fed facts and the time, says what is to be done, and calls nothing.
///
/// Every suspicion (an announcement, lost announcements, a sweep, a check, a timer) takes one path:
/// look at all guarded chains, commit what they need, learn who did it, tell, look once more. What
/// is prepared may be in the kernel before, and is decided all the same. Facts from outside are to
/// be fed only when no action of the fact before is left to be carried out.
class Guard {
  public:
    explicit Guard(Declaration declaration);

    void on(const Fact& fact, const Now& now);

    /// What is to be done next, in order; nullptr when all is done. Stays until the next fact or
    /// call.
    [[nodiscard]] const Action* nextAction();

    /// Those that are guarded, and those that are being rid of rules of ours.
    [[nodiscard]] const std::vector<ChainRecord>& chains() const { return chains_; }

    /// When a Woke fact is due; nullopt: never.
    [[nodiscard]] std::optional<Instant> wakeAt(Instant now) const;

    [[nodiscard]] Status status() const;

    /// True when at least one declared rule or policy has this id.
    [[nodiscard]] bool knows(std::string_view id) const;

    /// What is held, each id once.
    [[nodiscard]] std::vector<HoldRequested> holds() const;

    /// True when every declared rule and policy is in place, or waits and has one of these ids.
    [[nodiscard]] bool allInPlace(std::span<const std::string> mayWait = {}) const;

  private:
    enum class Phase : std::uint8_t { idle, looking, committing, attributing };

    /// What a look wants done in one backend: one transaction.
    struct Share {
        Plan plan{};
        std::optional<Generation> oldest{}; ///< of its chains
        bool consistent = true;             ///< all of them were read at one generation

        [[nodiscard]] std::optional<Generation> generation() const
        {
            return consistent ? oldest : std::nullopt;
        }
    };

    /// One walk from a suspicion to quiet.
    struct Look {
        Occasion occasion{};
        Committers committers{}; ///< of what the chains were read after
        Committers later{};      ///< of what was committed behind our back since
        bool announced = false;  ///< it began so: what is known of chains may be believed
        bool unread = false;     ///< the announcements that started it are still to be read
        bool overrun = false;
        bool committed = false;
        int attempts = 0;
        std::array<Share, backendKinds> shares{};
        std::vector<RetiredLeft> left{}; ///< to be told when it is known who put them back
        std::size_t committing = 0;      ///< the share that is next, or under way
        bool again = false;              ///< a share could not be committed as it was planned
        Instant plannedAt{};
    };

    /// What of the guard as a whole makes a status worth publishing.
    struct Published {
        ManagerState state = ManagerState::starting;
        std::uint64_t overruns = 0;
        std::uint64_t missed = 0;
        bool operator==(const Published&) const = default;
    };

    void handle(const ChangesRead& fact, const Now& now);
    void handle(const SnapshotsTaken& fact, const Now& now);
    void handle(const CommitDone& fact, const Now& now);
    void handle(const Identified& fact, const Now& now);
    void handle(const TaggedFound& fact, const Now& now);
    void handle(const ShadowsFound& fact, const Now& now);
    void handle(const Started& fact, const Now& now);
    void handle(const Announced& fact, const Now& now);
    void handle(const Woke& fact, const Now& now);
    void handle(const CheckRequested& fact, const Now& now);
    void handle(const Reloaded& fact, const Now& now);
    void handle(const HoldRequested& fact, const Now& now);
    void handle(const ReleaseRequested& fact, const Now& now);
    void handle(const StopRequested& fact, const Now& now);

    void pause(const HoldRequested& hold);
    void beginLook(const Now& now, bool unannounced);
    void look(const Now& now, bool unannounced);
    void lookAgain(const Now& now);
    void sortByTime(const std::vector<Transaction>& transactions);
    void judge(const std::vector<SnapshotResult>& results, const Now& now);
    void judge(ChainRecord& chain, const SnapshotResult& result, const Now& now);
    void commitNext(const Now& now);
    void lookForTwins();
    [[nodiscard]] const LockWait& lockOf(const ChainRecord& chain) const
    {
        return locks_[static_cast<std::size_t>(chain.chain().backend)];
    }
    [[nodiscard]] const ChainRecord* twinOf(const ChainRecord& chain) const;
    void readFailed(ChainRecord& chain, const SnapshotFailed& failure, const Now& now);
    void refused(const CommitFailed& failure, const Now& now);
    void retiredRefused(const CommitFailed& failure, const Now& now);
    void tellRetired(const Now& now);
    void tellLeft(const Cause& cause);
    void attribute(const Now& now);
    void conclude(const Cause& cause, const Now& now);
    void tellIncidents();
    void tellStates();
    void finish(const Now& now);
    void dropEmptyChains();
    void prepareRepairs(const Now& now);
    [[nodiscard]] bool readyForRepairs(const Now& now);
    void publishIfChanged();
    [[nodiscard]] bool planned(const RuleRecord& record) const;
    [[nodiscard]] ManagerState managerState() const;

    template <class Visit>
    void forEachRecord(Visit visit)
    {
        for (ChainRecord& chain : chains_)
            for (RuleRecord& record : chain.records())
                visit(record);
    }

    Declaration declaration_;
    std::vector<ChainRecord> chains_;
    Phase phase_ = Phase::idle;
    Look look_;
    std::vector<Action> actions_;
    std::size_t done_ = 0; ///< of actions_; those behind are still wanted

    /// By backend, of the last look: all that it saw is as new as this, or newer.
    std::array<Generation, backendKinds> generations_{};
    WallTime since_{};
    std::uint64_t repairs_ = 0;
    std::uint64_t overruns_ = 0;
    std::uint64_t missed_ = 0;
    std::optional<Published> published_;
    bool started_ = false;
    bool soughtTagged_ = false;
    bool stopping_ = false;
    std::optional<bool> prepared_; ///< repairs are, as of now; nullopt: as of another time
    std::optional<Instant> nextSweep_;
    std::optional<Instant> retryAt_;             ///< a look that could not be finished
    std::array<LockWait, backendKinds> locks_{}; ///< by backend
};

} // namespace fwdguard
