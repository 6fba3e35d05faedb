// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"
#include "core/declared.hpp"
#include "core/rule_body.hpp"

#include <string_view>

namespace fwdguard::config {

/// "head", "tail", "anywhere", "before:CHAIN", "after:CHAIN".
[[nodiscard]] Parsed<Position> parsePosition(std::string_view text);

/// "accept", "drop", "return", "jump:CHAIN", "goto:CHAIN".
[[nodiscard]] Parsed<Verdict> parseVerdict(std::string_view text);

} // namespace fwdguard::config
