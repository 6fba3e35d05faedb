// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/sd_bus_handles.hpp"

#include <chrono>
#include <functional>

namespace fwdguard::bus {

/// Calls a function once, some time after each arm(). The function must not throw.
class Timer {
  public:
    /// Throws std::system_error.
    Timer(sd_event* event, std::function<void()> onTime);
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() = default;

    /// Replaces an earlier, still pending time.
    void arm(std::chrono::milliseconds delay) noexcept;
    void disarm() noexcept;

  private:
    static int onEvent(sd_event_source* source, std::uint64_t usec, void* self) noexcept;

    std::function<void()> onTime_;
    EventSourcePtr source_;
};

} // namespace fwdguard::bus
