// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/process_text.hpp"

#include <charconv>

namespace fwdguard::sys {

namespace {

/// Takes the text up to the separator off the front; the separator goes too.
std::string_view takeUntil(std::string_view& text, char separator)
{
    const std::size_t end = text.find(separator);
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
}

std::optional<std::uint32_t> parsePid(std::string_view text)
{
    std::uint32_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc{} || end != text.data() + text.size() || pid == 0)
        return std::nullopt;
    return pid;
}

bool isUnit(std::string_view name)
{
    for (const std::string_view suffix : {".service", ".scope"})
        if (name.size() > suffix.size() && name.ends_with(suffix))
            return true;
    return false;
}

std::optional<std::string> unitOfPath(std::string_view path)
{
    constexpr std::string_view removed = " (deleted)"; // cgroups(7)
    if (path.ends_with(removed))
        path.remove_suffix(removed.size());
    std::optional<std::string> innermost;
    while (!path.empty())
        if (const std::string_view name = takeUntil(path, '/'); isUnit(name))
            innermost = name;
    return innermost;
}

void appendEscaped(std::string& text, char c)
{
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
        text += c;
        return;
    }
    text += "\\x";
    text += digits[byte >> 4U];
    text += digits[byte & 0xfU];
}

} // namespace

std::optional<std::string> unitOfCgroups(std::string_view text)
{
    std::optional<std::string> fromVersion1;
    while (!text.empty()) {
        // hierarchy-ID:controller-list:cgroup-path
        std::string_view path = takeUntil(text, '\n');
        const std::string_view id = takeUntil(path, ':');
        const std::string_view controllers = takeUntil(path, ':');
        if (id == "0" && controllers.empty()) {
            if (auto unit = unitOfPath(path))
                return unit;
        } else if (controllers == "name=systemd") {
            fromVersion1 = unitOfPath(path);
        }
    }
    return fromVersion1;
}

std::optional<std::uint32_t> parentPidOfStat(std::string_view text)
{
    const std::size_t commandEnd = text.rfind(')');
    if (commandEnd == std::string_view::npos || commandEnd + 2 > text.size())
        return std::nullopt;
    text.remove_prefix(commandEnd + 2);
    takeUntil(text, ' '); // state
    return parsePid(takeUntil(text, ' '));
}

std::optional<std::uint32_t> processIdOfStatus(std::string_view text)
{
    constexpr std::string_view key = "Tgid:\t";
    while (!text.empty()) {
        const std::string_view line = takeUntil(text, '\n');
        if (line.starts_with(key))
            return parsePid(line.substr(key.size()));
    }
    return std::nullopt;
}

std::optional<std::string> commandLineOf(std::string_view text)
{
    constexpr std::string_view cut = "...";
    while (text.ends_with('\0'))
        text.remove_suffix(1);
    if (text.empty())
        return std::nullopt;
    std::string line;
    for (const char c : text)
        appendEscaped(line, c == '\0' ? ' ' : c);
    if (line.size() > maxCommandLine)
        line.replace(maxCommandLine - cut.size(), std::string::npos, cut);
    return line;
}

} // namespace fwdguard::sys
