// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/text.hpp"

#include <algorithm>

namespace fwdguard::ctl {

namespace {

bool continuesCharacter(char c)
{
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

/// Bytes of the first `columns` characters.
std::size_t bytesOf(std::string_view text, std::size_t columns)
{
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        if (!continuesCharacter(text[bytes]) && columns-- == 0)
            break;
        ++bytes;
    }
    return bytes;
}

} // namespace

std::string printable(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool control = byte < 0x20 || byte == 0x7f;
        // U+0080 to U+009F: terminals take them for escape sequences.
        const bool upperControl =
            byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (upperControl)
            ++i;
        result += control || upperControl ? '?' : text[i];
    }
    return result;
}

std::size_t widthOf(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continuesCharacter(c); }));
}

std::string fitted(std::string_view text, std::size_t width)
{
    const auto columns = widthOf(text);
    if (columns <= width)
        return std::string{text} + std::string(width - columns, ' ');
    if (width <= 2)
        return std::string(width, '.');
    return std::string{text.substr(0, bytesOf(text, width - 2))} + "..";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t indent)
{
    std::vector<std::string> lines;
    std::string margin;
    while (widthOf(margin) + widthOf(text) > width) {
        const auto room = bytesOf(text, width - margin.size());
        const auto space = text.rfind(' ', room);
        const bool breaks = space != std::string_view::npos && space > 0;
        const auto length = breaks ? space : room;
        lines.push_back(margin + std::string{text.substr(0, length)});
        text.remove_prefix(breaks ? length + 1 : length);
        margin.assign(indent, ' ');
    }
    if (!text.empty() || lines.empty())
        lines.push_back(margin + std::string{text});
    return lines;
}

} // namespace fwdguard::ctl
