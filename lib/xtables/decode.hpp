// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/types.hpp"
#include "xtables/entry.hpp"

#include <optional>
#include <string_view>

namespace fwdguard::xtables {

/// What a tagged rule says, apart from its tag; nullopt as soon as anything in it, down to one
/// flag, is not something that a declared rule can say. `entry` is `rule` split.
[[nodiscard]] std::optional<RuleBody>
decode(Family family, const Entry& entry, const RuleView& rule);

} // namespace fwdguard::xtables
