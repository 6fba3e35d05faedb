// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/refusal.hpp"

#include <cstddef>

namespace fwdguard::config {

namespace {

constexpr std::size_t quoteLimit = 80;

/// Bytes of the control character that starts at `at`; 0: none does.
std::size_t controlLength(std::string_view text, std::size_t at)
{
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7f)
        return 1;
    // C1 controls, U+0080 to U+009F: a terminal may take U+009B for an escape sequence.
    if (byte != 0xc2 || at + 1 == text.size())
        return 0;
    const auto next = static_cast<unsigned char>(text[at + 1]);
    return next >= 0x80 && next < 0xa0 ? 2 : 0;
}

void appendEscaped(std::string& out, unsigned char byte)
{
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\x";
    out += digits[byte >> 4U];
    out += digits[byte & 0xfU];
}

} // namespace

Outcome within(std::string_view key, Outcome outcome)
{
    if (outcome)
        outcome->pointer.insert(0, pointerStep(key));
    return outcome;
}

std::string pointerStep(std::string_view key)
{
    std::string step = "/";
    for (const char c : key) {
        if (c == '~')
            step += "~0";
        else if (c == '/')
            step += "~1";
        else
            step += c;
    }
    return step;
}

std::string inQuotes(std::string_view text)
{
    if (text.size() <= quoteLimit)
        return '"' + std::string{text} + '"';
    std::size_t end = quoteLimit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
        --end; // not in the middle of a UTF-8 sequence
    return '"' + std::string{text.substr(0, end)} + "...\" (" + std::to_string(text.size()) +
           " bytes)";
}

std::string printable(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = controlLength(text, i);
        for (std::size_t end = i + length; i < end; ++i)
            appendEscaped(out, static_cast<unsigned char>(text[i]));
        if (length == 0)
            out += text[i++];
    }
    return out;
}

bool hasControlCharacters(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i)
        if (controlLength(text, i) != 0)
            return true;
    return false;
}

} // namespace fwdguard::config
