// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard::ctl {

/// The text with each control character as '?': names of processes must not move the cursor.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns that a printable UTF-8 text takes, one a character.
[[nodiscard]] std::size_t widthOf(std::string_view text);

/// The text in exactly `width` columns: filled with spaces, or cut with ".." at its end.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);

/// The text in lines of at most `width` columns, each after the first indented by `indent` spaces.
/// Breaks at spaces, and inside a word only when it is longer than a line.
[[nodiscard]] std::vector<std::string>
wrapped(std::string_view text, std::size_t width, std::size_t indent);

} // namespace fwdguard::ctl
