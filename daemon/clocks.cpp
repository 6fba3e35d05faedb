// SPDX-License-Identifier: GPL-2.0-or-later
#include "clocks.hpp"

#include <ctime>

namespace fwdguard::daemon {

namespace {

/// The C library's call: what the C++ library puts in front of it is one more page of code that is
/// cold when a repair begins.
template <class Time>
Time readClock(clockid_t clock)
{
    timespec now{};
    clock_gettime(clock, &now);
    return Time{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

} // namespace

Now readClocks()
{
    return {
        .instant = readClock<Instant>(CLOCK_MONOTONIC),
        .wall = readClock<WallTime>(CLOCK_REALTIME),
    };
}

} // namespace fwdguard::daemon
