// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/types.hpp"

#include <memory>
#include <variant>
#include <vector>

namespace fwdguard {

/// Where an inserted rule goes. Steps run in order, so rules put before the same rule, or at the
/// tail, stand in the order of their steps; rules put at the head stand in the reverse order.
struct AtHead {
    bool operator==(const AtHead&) const = default;
};
struct AtTail {
    bool operator==(const AtTail&) const = default;
};
struct Before {
    Handle handle{};
    bool operator==(const Before&) const = default;
};
using Placement = std::variant<AtHead, AtTail, Before>;

/// Adds a rule with our tag and these counters.
struct InsertRule {
    std::shared_ptr<const DeclaredRule> rule{}; ///< never null; a repair has no time for copies
    Counters counters{};
    Placement place{};
    bool operator==(const InsertRule& other) const
    {
        return *rule == *other.rule && counters == other.counters && place == other.place;
    }
};

struct DeleteRule {
    ChainId chain{};
    RuleKey key{}; ///< of the tag that the rule carries
    Handle handle{};
    bool operator==(const DeleteRule&) const = default;
};

struct SetPolicy {
    ChainId chain{};
    RuleKey key{};
    Policy policy = Policy::accept;
    bool operator==(const SetPolicy&) const = default;
};

using Step = std::variant<InsertRule, DeleteRule, SetPolicy>;

/// What to change, in order, in one transaction.
using Plan = std::vector<Step>;

/// What to commit when a transaction leaves a chain without any rule, and every other chain with a
/// prepared repair as it was.
struct PreparedRepair {
    ChainId chain{};
    Plan plan{}; ///< empty: nothing
};

/// The declared rule or policy that a step serves.
[[nodiscard]] const RuleKey& keyOf(const Step& step);
[[nodiscard]] const ChainId& chainOf(const Step& step);

} // namespace fwdguard
