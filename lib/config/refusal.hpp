// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace fwdguard::config {

/// Why a piece of configuration is not taken. Both members are for people.
struct Refusal {
    std::string found;   ///< what stands there
    std::string allowed; ///< what may stand there
};

/// What a text means, or why it means nothing.
template <class T>
using Parsed = std::variant<T, Refusal>;

/// A refusal and the JSON pointer (RFC 6901) of the value, relative to whoever receives it.
struct Finding {
    std::string pointer;
    Refusal refusal;
};

/// nullopt: nothing to complain about.
using Outcome = std::optional<Finding>;

/// The same outcome as seen from the object or array that holds the value under `key`.
[[nodiscard]] Outcome within(std::string_view key, Outcome outcome);

/// One step of a JSON pointer, with its leading slash.
[[nodiscard]] std::string pointerStep(std::string_view key);

/// `text` in double quotes, clipped to about 80 bytes.
[[nodiscard]] std::string inQuotes(std::string_view text);

/// `text` with every control character replaced by \xNN, so that it cannot break a line of a log or
/// steer a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// True for C0, DEL and, in UTF-8, C1 control characters anywhere in `text`.
[[nodiscard]] bool hasControlCharacters(std::string_view text);

} // namespace fwdguard::config
