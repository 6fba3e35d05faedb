// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fwdguard::config {

/// The allowed words for a message: `one of a, b, c`, and the nearest of them when `found` looks
/// like a slip of it: `one of a, b, c (did you mean "b"?)`.
[[nodiscard]] std::string oneOf(std::span<const std::string_view> words, std::string_view found);

} // namespace fwdguard::config
