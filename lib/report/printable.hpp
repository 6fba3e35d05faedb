// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace fwdguard::report {

/// The text with control characters, and bytes that are not UTF-8, as \xNN: a process can call
/// itself anything, and its name must neither steer a terminal nor forge a second line.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace fwdguard::report
