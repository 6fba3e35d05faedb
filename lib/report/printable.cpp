// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/printable.hpp"

#include <array>
#include <cstddef>

namespace fwdguard::report {

namespace {

unsigned char byteAt(std::string_view text, std::size_t index)
{
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
}

/// Whether the byte may follow this first byte (Unicode 15, table 3-7: it rules out overlong forms,
/// surrogates, and what is beyond U+10FFFF). U+0080 to U+009F are control characters.
bool fitsSecond(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xc2:
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

std::size_t lengthByFirst(unsigned char first)
{
    if (first >= 0x20 && first < 0x7f)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/// Bytes of the printable character at the front; 0 if there is none.
std::size_t characterLength(std::string_view text)
{
    const unsigned char first = byteAt(text, 0);
    const std::size_t length = lengthByFirst(first);
    if (length > 1 && !fitsSecond(first, byteAt(text, 1)))
        return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byteAt(text, i) & 0xc0U) != 0x80)
            return 0;
    return length;
}

} // namespace

std::string printable(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = characterLength(text);
        if (length > 0) {
            result += text.substr(0, length);
        } else {
            const unsigned char byte = byteAt(text, 0);
            result += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
        }
        text.remove_prefix(length > 0 ? length : 1);
    }
    return result;
}

} // namespace fwdguard::report
