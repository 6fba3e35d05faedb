// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace fwdguard {

/// The words of an enumeration, in the order of its enumerators from 0: one table serves both
/// directions.
template <class Enum, std::size_t Count>
constexpr std::string_view wordOf(const std::array<std::string_view, Count>& words, Enum value)
{
    return words.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t Count>
constexpr std::optional<Enum>
enumeratorOf(const std::array<std::string_view, Count>& words, std::string_view word)
{
    for (std::size_t i = 0; i < Count; ++i)
        if (words[i] == word)
            return static_cast<Enum>(i);
    return std::nullopt;
}

} // namespace fwdguard
