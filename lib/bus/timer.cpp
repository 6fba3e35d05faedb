// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/timer.hpp"

#include "bus/priority.hpp"

#include <cstdint>
#include <ctime>
#include <system_error>
#include <utility>

namespace fwdguard::bus {

namespace {

/// sd-event's default of 250 ms, for which 0 would stand, is longer than callers need wait.
constexpr std::uint64_t accuracyUsec = 1000;

} // namespace

Timer::Timer(sd_event* event, std::function<void()> onTime) : onTime_(std::move(onTime))
{
    sd_event_source* source = nullptr;
    const int r = sd_event_add_time_relative(
        event, &source, CLOCK_MONOTONIC, 0, accuracyUsec, &Timer::onEvent, this);
    source_.reset(source);
    if (r < 0)
        throw std::system_error(-r, std::generic_category(), "cannot add a timer for D-Bus");
    disarm();
    sd_event_source_set_priority(source_.get(), eventPriority);
}

void Timer::arm(std::chrono::milliseconds delay) noexcept
{
    const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
    sd_event_source_set_time_relative(source_.get(), static_cast<std::uint64_t>(usec));
    sd_event_source_set_enabled(source_.get(), SD_EVENT_ONESHOT);
}

void Timer::disarm() noexcept
{
    sd_event_source_set_enabled(source_.get(), SD_EVENT_OFF);
}

int Timer::onEvent(sd_event_source*, std::uint64_t, void* self) noexcept
{
    static_cast<Timer*>(self)->onTime_();
    return 0;
}

} // namespace fwdguard::bus
