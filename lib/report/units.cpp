// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/units.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace fwdguard::report {

namespace {

/// `value` in a unit that is 1000 of its own: "2.3 ms" below ten, "23 ms" from there on.
std::string scaled(std::int64_t value, std::string_view unit)
{
    constexpr std::int64_t tenBeforeRounding = 9'950;
    const std::int64_t tenths = (value + 50) / 100;
    std::string text = value < tenBeforeRounding
                           ? std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10)
                           : std::to_string((value + 500) / 1000);
    return text.append(" ").append(unit);
}

} // namespace

std::string durationText(std::chrono::microseconds duration)
{
    using namespace std::chrono;
    const std::int64_t usec = duration.count();
    if (usec < 1'000)
        return std::to_string(usec) + " us";
    if (usec < 999'500)
        return scaled(usec, "ms");
    if (usec < 119'500'000)
        return scaled(round<milliseconds>(duration).count(), "s");
    const std::int64_t wholeSeconds = round<seconds>(duration).count();
    if (wholeSeconds < 7'200)
        return std::to_string(wholeSeconds / 60) + " min " + std::to_string(wholeSeconds % 60) +
               " s";
    const std::int64_t wholeMinutes = wholeSeconds / 60;
    return std::to_string(wholeMinutes / 60) + " h " + std::to_string(wholeMinutes % 60) + " min";
}

std::string timeText(WallTime time)
{
    using namespace std::chrono;
    const auto wholeSeconds = floor<seconds>(time);
    const auto milliseconds = floor<std::chrono::milliseconds>(time - wholeSeconds).count();
    const std::time_t stamp = system_clock::to_time_t(wholeSeconds);
    std::tm parts{};
    ::gmtime_r(&stamp, &parts);
    std::array<char, 32> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 8> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(milliseconds));
    return std::string(text.data(), length) + fraction.data();
}

} // namespace fwdguard::report
