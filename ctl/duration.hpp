// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace fwdguard::ctl {

/// "30s", "10m", "2h", "1d", or plain seconds; nullopt for anything else, for nothing, and for more
/// than 366 days.
[[nodiscard]] std::optional<std::chrono::seconds> parseDuration(std::string_view text);

} // namespace fwdguard::ctl
