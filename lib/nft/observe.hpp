// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/survey.hpp"
#include "nft/rule_message.hpp"
#include "nft/state_set.hpp"

#include <optional>
#include <vector>

namespace fwdguard::nft {

/// What anybody's rule matches and does, as far as it is understood. Unlike decode() it reads
/// rejects as well, and an effect whose conditions it does not understand.
[[nodiscard]] SurveyedRule observe(const RuleMessage& message, Family family);

/// The lookup of a connection state, when to know its set is all that is missing to understand the
/// rule's conditions.
[[nodiscard]] std::optional<Lookup> stateLookup(const RuleMessage& message, Family family);

/// observe() once the set of stateLookup() is known, which must not be empty; of a map of verdicts
/// a rule for each.
[[nodiscard]] std::vector<SurveyedRule>
observe(const RuleMessage& message, Family family, const StateSet& set);

} // namespace fwdguard::nft
