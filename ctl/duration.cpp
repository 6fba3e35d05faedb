// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/duration.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace fwdguard::ctl {

namespace {

std::optional<std::int64_t> secondsOfUnit(std::string_view unit)
{
    if (unit.empty() || unit == "s")
        return 1;
    if (unit == "m")
        return 60;
    if (unit == "h")
        return 60 * 60;
    if (unit == "d")
        return 24 * 60 * 60;
    return std::nullopt;
}

} // namespace

std::optional<std::chrono::seconds> parseDuration(std::string_view text)
{
    constexpr std::int64_t longest = 366LL * 24 * 60 * 60;
    std::uint32_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || number == 0)
        return std::nullopt;
    const auto unit = secondsOfUnit({rest, static_cast<std::size_t>(end - rest)});
    if (!unit || number * *unit > longest)
        return std::nullopt;
    return std::chrono::seconds{number * *unit};
}

} // namespace fwdguard::ctl
