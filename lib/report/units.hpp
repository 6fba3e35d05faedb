// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

#include <chrono>
#include <string>

namespace fwdguard::report {

/// In the unit that fits, with two digits at least where there are some: "41 us", "2.3 ms", "340
/// ms", "14 s", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string durationText(std::chrono::microseconds duration);

/// RFC 3339, UTC, milliseconds: "2026-03-01T12:00:00.123Z".
[[nodiscard]] std::string timeText(WallTime time);

} // namespace fwdguard::report
