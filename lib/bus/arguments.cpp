// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/arguments.hpp"

#include "core/declared.hpp"

#include <algorithm>
#include <cctype>

namespace fwdguard::bus {

namespace {

/// What a caller sent, fit for an error text: short, and without control characters.
std::string quoted(std::string_view sent)
{
    constexpr std::size_t shown = maxRuleIdLength;
    std::string text{sent.substr(0, shown)};
    if (sent.size() > shown)
        text += "...";
    std::replace_if(
        text.begin(),
        text.end(),
        [](char c) { return std::isprint(static_cast<unsigned char>(c)) == 0; },
        '?');
    return '"' + text + '"';
}

} // namespace

std::optional<ArgumentError>
refuseRule(std::string_view rule, const std::vector<std::string>& declared)
{
    if (rule == "all" || std::find(declared.begin(), declared.end(), rule) != declared.end())
        return std::nullopt;
    std::string known;
    for (const std::string& id : declared)
        known += (known.empty() ? "" : ", ") + id;
    return ArgumentError{
        .name = "org.fwdguard1.Error.NoSuchRule",
        .text = "no rule " + quoted(rule) + "; declared: " + (known.empty() ? "none" : known)};
}

std::optional<ArgumentError> refuseDuration(std::uint64_t seconds)
{
    if (seconds <= longestHold)
        return std::nullopt;
    return ArgumentError{
        .name = "org.freedesktop.DBus.Error.InvalidArgs",
        .text = "cannot hold for " + std::to_string(seconds) +
                " s; allowed is 0 (until released) to " + std::to_string(longestHold)};
}

} // namespace fwdguard::bus
