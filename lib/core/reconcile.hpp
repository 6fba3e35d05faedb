// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/incident.hpp"
#include "core/plan.hpp"
#include "core/snapshot.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace fwdguard {

/// A declared rule as the guard hands it to reconcile().
struct GuardedRule {
    std::shared_ptr<const DeclaredRule> declared{}; ///< never null
    Counters lastSeen{}; ///< what a re-inserted rule starts from when no copy of it is left
    bool paused = false; ///< look, but neither add, move nor delete it
};

struct GuardedPolicy {
    DeclaredPolicy declared{};
    bool paused = false;
};

/// What reconcile() found about one declared rule.
struct Finding {
    std::optional<Damage> damage{}; ///< nullopt: exactly once, unaltered, at its position
    std::optional<Handle> handle{}; ///< of the copy that counts, if there is one
    std::optional<std::size_t> index{};
    Counters counters{};
};

struct Reconciliation {
    Plan plan{};
    std::vector<Finding> rules{};   ///< one for each declared rule, in the same order
    std::optional<Damage> policy{}; ///< set when a policy is declared and the chain has another
};

/// The fewest steps that leave each declared rule of one chain exactly once, unaltered and at its
/// position, the chain with its declared policy, and no other rule with our tag. Foreign rules are
/// never touched and never moved. Pure and deterministic; applied to the outcome of its own plan it
/// returns an empty plan.
///
/// `rules` are the chain's declared rules in the configuration's order, each id once.
[[nodiscard]] Reconciliation reconcile(
    std::span<const GuardedRule> rules, const GuardedPolicy* policy, const Snapshot& snapshot);

} // namespace fwdguard
