// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/json_text.hpp"

#include "ctl/text.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string_view>

namespace fwdguard::ctl {

namespace {

/// One decimal, and the unit.
std::string scaled(double value, const char* unit)
{
    std::array<char, 48> buffer{};
    // Rounded down: 999.96 k must not become 1000.0 k.
    std::snprintf(buffer.data(), buffer.size(), "%.1f%s", std::floor(value * 10) / 10, unit);
    return buffer.data();
}

const Json* memberOf(const Json& object, const char* key)
{
    if (!object.is_object())
        return nullptr;
    const auto member = object.find(key);
    return member == object.end() || member->is_null() ? nullptr : &*member;
}

/// Seconds since the epoch of "2025-11-23T13:41:02[.123456](Z|+01:00)".
std::optional<std::time_t> parseTime(const std::string& text)
{
    std::tm fields{};
    const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &fields);
    if (rest == nullptr)
        return std::nullopt;
    if (*rest == '.')
        rest += 1 + std::string_view{rest + 1}.find_first_not_of("0123456789");
    std::tm zone{};
    const char* end = strptime(rest, "%z", &zone);
    if (end == nullptr || *end != '\0')
        return std::nullopt;
    return timegm(&fields) - zone.tm_gmtoff;
}

} // namespace

std::string textOf(const Json& object, const char* key)
{
    const auto* member = memberOf(object, key);
    if (member == nullptr)
        return {};
    if (member->is_string())
        return printable(member->get_ref<const std::string&>());
    return member->dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string countOf(const Json& object, const char* key)
{
    const auto* member = memberOf(object, key);
    if (member == nullptr || !member->is_number())
        return "-";
    auto value = member->get<double>();
    if (value < 1e6)
        return member->dump();
    constexpr std::array units = {"M", "G", "T", "P", "E"};
    std::size_t unit = 0;
    value /= 1e6;
    while (value >= 1e3 && unit + 1 < units.size()) {
        value /= 1e3;
        ++unit;
    }
    return scaled(value, units.at(unit));
}

std::string timeOf(const Json& object, const char* key)
{
    auto text = textOf(object, key);
    const auto time = parseTime(text);
    std::tm local{};
    if (!time || localtime_r(&*time, &local) == nullptr)
        return text;
    std::array<char, 64> buffer{};
    if (std::strftime(buffer.data(), buffer.size(), "%a %Y-%m-%d %H:%M:%S %Z", &local) == 0)
        return text;
    return buffer.data();
}

std::string microsecondsOf(const Json& object, const char* key)
{
    const auto* member = memberOf(object, key);
    if (member == nullptr || !member->is_number())
        return {};
    const auto value = member->get<double>();
    if (value < 1e3)
        return member->dump() + " us";
    return value < 1e6 ? scaled(value / 1e3, " ms") : scaled(value / 1e6, " s");
}

} // namespace fwdguard::ctl
