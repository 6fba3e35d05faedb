// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fwdguard::config {

/// Objects and arrays may stand in each other this deep. The configuration itself needs four.
inline constexpr std::size_t maxNesting = 32;

/// A JSON value as written: numbers keep their spelling, objects the order of their keys.
struct Value {
    enum class Kind : unsigned char { null, boolean, integer, real, string, array, object };

    Kind kind = Kind::null;
    std::string text;              ///< a string's content; a number or boolean as written
    std::vector<std::string> keys; ///< object: keys[i] belongs to items[i]; no key occurs twice
    std::vector<Value> items;      ///< array, object
};

/// What a message calls the value: `"text"`, `the number 5`, `an object`, `null`...
[[nodiscard]] std::string describe(const Value& value);

/// Reads one JSON document (RFC 8259) with // and /* */ comments. Refuses syntax errors with line
/// and column, duplicate keys, and nesting beyond maxNesting before memory is spent on it.
[[nodiscard]] std::variant<Value, Finding> parseDocument(std::string_view text);

} // namespace fwdguard::config
