// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"
#include "core/plan.hpp"
#include "core/snapshot.hpp"

#include <cstddef>
#include <optional>
#include <system_error>
#include <variant>
#include <vector>

namespace fwdguard {

/// What the kernel has announced since the last time it was asked. Our own commits are left out.
struct Changes {
    std::vector<Transaction> transactions{}; ///< foreign ones, oldest first
    Generation latest{};   ///< of nf_tables' newest announcement, ours included; 0: none
    bool overrun = false;  ///< announcements were dropped: anything may have changed
    bool unlocked = false; ///< what was Locked may be free now

    [[nodiscard]] bool foreign() const { return overrun || !transactions.empty(); }
};

/// The plan is in the kernel, whole.
struct Committed {
    bool anticipated = false; ///< before it was asked for
};

/// Somebody committed since the generation that the plan was made for: look again, decide again.
/// Nothing was applied, unless that somebody wrote a legacy table without its lock, right after us,
/// or was Kernel::anticipate().
struct Stale {};

/// Another process holds the lock that the backend is written under; nothing was applied. Whoever
/// holds it is waited for once at most, and briefly.
struct Locked {};

/// The kernel refused; nothing was applied.
struct CommitFailed {
    std::error_code error{};
    std::optional<std::size_t> step{}; ///< the first step refused, if the kernel said which
};

using CommitResult = std::variant<Committed, Stale, Locked, CommitFailed>;

/// The firewall of one network namespace, as the driver uses it. Implementations do not block
/// longer than the kernel takes and throw std::system_error only for what has no answer here.
class Kernel {
  public:
    virtual ~Kernel() = default;

    /// Takes all announcements that are waiting; never blocks.
    [[nodiscard]] virtual Changes changes() = 0;

    /// One chain at one generation, read or known otherwise. `withPolicy` asks for Snapshot::policy
    /// as well.
    [[nodiscard]] virtual SnapshotResult snapshot(const ChainId& chain, bool withPolicy) = 0;

    /// Applies all steps, which are of one backend, or none. With a generation: only if it is still
    /// the current one.
    [[nodiscard]] virtual CommitResult
    commit(const Plan& plan, std::optional<Generation> generation) = 0;

    /// What anticipate() may commit from now on: one repair for each chain in nf_tables that is
    /// guarded, or none. Any commit may use them up.
    virtual void prepare(std::vector<PreparedRepair> repairs) = 0;

    /// To be called first when a change is announced, and as often as one is expected: commits the
    /// repair that is prepared for it; false: there is none. The guard decides afterwards, from the
    /// snapshots before that, and its commit() of the same plan returns what came of it; of another
    /// one, Stale.
    virtual bool anticipate() = 0;

    /// The chains that hold at least one rule with our tag, anywhere. Looks through the whole
    /// ruleset; nullopt: that takes its time, and comes as the fact TaggedFound.
    [[nodiscard]] virtual std::optional<std::vector<ChainId>> chainsWithTags() = 0;

    /// What can still be read of a process; absent members where it is gone or not ours to see.
    [[nodiscard]] virtual Cause identify(const Committer& committer) = 0;
};

} // namespace fwdguard
