// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/kernel.hpp"
#include "core/reporter.hpp"
#include "core/shadow.hpp"
#include "core/snapshot.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fwdguard {

// What the guard is told. The first five answer its own actions; the others come from outside.

struct ChangesRead {
    Changes changes{};
};

/// One result for each of Guard::chains(), in the same order.
struct SnapshotsTaken {
    std::vector<SnapshotResult> results{};
};

struct CommitDone {
    CommitResult result{};
    std::optional<Instant> at{}; ///< when it was acknowledged, if not just now
};

/// One cause for each committer that was asked about.
struct Identified {
    std::vector<Cause> causes{};
};

struct TaggedFound {
    std::vector<ChainId> chains{};
};

/// The ruleset has been gone through; declared rules that are not named are not shadowed.
struct ShadowsFound {
    std::vector<Shadow> shadows{};
};

/// The kernel's announcements can be read: somebody has committed.
struct Announced {};

/// The time that Guard::wakeAt() named has come.
struct Woke {};

/// Somebody wants to know now.
struct CheckRequested {};

struct Reloaded {
    Declaration declaration{};
};

/// Pauses repairs of every rule with this id, or of all when it is empty.
struct HoldRequested {
    std::string id{};
    std::optional<Instant> until{}; ///< nullopt: until released
};

struct ReleaseRequested {
    std::string id{}; ///< as in HoldRequested
};

struct Started {
    std::vector<HoldRequested> holds{}; ///< from before
};

struct StopRequested {};

using Fact = std::variant<
    ChangesRead,
    SnapshotsTaken,
    CommitDone,
    Identified,
    TaggedFound,
    ShadowsFound,
    Started,
    Announced,
    Woke,
    CheckRequested,
    Reloaded,
    HoldRequested,
    ReleaseRequested,
    StopRequested>;

// What the guard wants done, in order.

struct ReadChanges {};

/// Of Guard::chains(), as they are.
struct TakeSnapshots {};

/// Of one backend.
struct CommitPlan {
    const Plan* plan = nullptr; ///< the guard's, as it is until the next fact
    std::optional<Generation> generation{};
};

/// None: what was prepared before must not be done any more.
struct Prepare {
    std::vector<PreparedRepair> repairs{};
};

struct Identify {
    std::vector<Committer> committers{};
};

struct FindTagged {};

struct Tell {
    Report report{};
};

struct Publish {};

using Action = std::
    variant<ReadChanges, TakeSnapshots, CommitPlan, Prepare, Identify, FindTagged, Tell, Publish>;

} // namespace fwdguard
