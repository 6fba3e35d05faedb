// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/part.hpp"
#include "config/refusal.hpp"

#include <string>
#include <vector>

namespace fwdguard::config {

/// What the members of a rule have to say to each other: addresses and families, anchors and
/// chains, interfaces and hooks, an empty match and its permission.
[[nodiscard]] Outcome checkRule(const RuleEntry& rule);

[[nodiscard]] Outcome checkPolicy(const PolicyEntry& policy);

/// What is allowed but deserves a second thought, one sentence each.
[[nodiscard]] std::vector<std::string> warningsOf(const RuleEntry& rule);

} // namespace fwdguard::config
