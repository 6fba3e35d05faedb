// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace fwdguard::bus {

/// The text as D-Bus can carry it: each byte that is NUL or not part of valid UTF-8 becomes '?'.
/// Process names and command lines are any bytes, and a bus daemon disconnects whoever sends such a
/// string.
[[nodiscard]] std::string busText(std::string_view text);

} // namespace fwdguard::bus
