// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/text.hpp"

#include <cstddef>
#include <cstdint>

namespace fwdguard::bus {

namespace {

/// What a lead byte promises: how many bytes follow, and the range of the first of them, which is
/// where overlong forms, surrogates and values above U+10FFFF show (Unicode 15, table 3-7).
struct Sequence {
    std::size_t following = 0;
    std::uint8_t lowest = 0x80;
    std::uint8_t highest = 0xbf;
};

bool startsSequence(std::uint8_t lead, Sequence& sequence)
{
    if (lead >= 0x01 && lead <= 0x7f)
        sequence = {.following = 0};
    else if (lead >= 0xc2 && lead <= 0xdf)
        sequence = {.following = 1};
    else if (lead >= 0xe0 && lead <= 0xef)
        sequence = {
            .following = 2,
            .lowest = static_cast<std::uint8_t>(lead == 0xe0 ? 0xa0 : 0x80),
            .highest = static_cast<std::uint8_t>(lead == 0xed ? 0x9f : 0xbf)};
    else if (lead >= 0xf0 && lead <= 0xf4)
        sequence = {
            .following = 3,
            .lowest = static_cast<std::uint8_t>(lead == 0xf0 ? 0x90 : 0x80),
            .highest = static_cast<std::uint8_t>(lead == 0xf4 ? 0x8f : 0xbf)};
    else
        return false;
    return true;
}

/// Length of the valid character at the start of `text`, 0 when there is none.
std::size_t characterLength(std::string_view text)
{
    Sequence sequence;
    if (!startsSequence(static_cast<std::uint8_t>(text.front()), sequence) ||
        sequence.following >= text.size())
        return 0;
    for (std::size_t i = 1; i <= sequence.following; ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        const bool inRange = i == 1 ? byte >= sequence.lowest && byte <= sequence.highest
                                    : byte >= 0x80 && byte <= 0xbf;
        if (!inRange)
            return 0;
    }
    return sequence.following + 1;
}

} // namespace

std::string busText(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto length = characterLength(text);
        if (length == 0)
            result += '?';
        else
            result += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return result;
}

} // namespace fwdguard::bus
