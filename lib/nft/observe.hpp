// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/survey.hpp"
#include "nft/rule_message.hpp"

namespace fwdguard::nft {

/// What anybody's rule matches and does, as far as it is understood. Unlike decode() it reads
/// rejects as well, and an effect whose conditions it does not understand.
[[nodiscard]] SurveyedRule observe(const RuleMessage& message, Family family);

} // namespace fwdguard::nft
