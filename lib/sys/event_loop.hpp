// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include <systemd/sd-event.h>

namespace fwdguard::sys {

/// Order among sources that are ready together.
enum class Priority : std::int16_t {
    normal = SD_EVENT_PRIORITY_NORMAL,
    last = SD_EVENT_PRIORITY_IDLE,
};

/// sd-event keeps a source that is being dispatched until its callback has returned.
struct DisableSource {
    void operator()(sd_event_source* source) const noexcept
    {
        sd_event_source_disable_unref(source);
    }
};
using SourceHandle = std::unique_ptr<sd_event_source, DisableSource>;

/// Something the loop waits for. It is forgotten with its owner, who may let go of it at any time,
/// also from within its own callback.
class Source {
  public:
    Source() noexcept = default;
    explicit Source(SourceHandle source) noexcept : source_(std::move(source)) {}
    explicit operator bool() const noexcept { return source_ != nullptr; }

    /// The loop waits for it, or leaves it alone for a while.
    void setEnabled(bool enabled);

  private:
    SourceHandle source_;
};

/// A one-shot timer that can be armed again and again.
class Timer {
  public:
    Timer() noexcept = default;
    explicit Timer(SourceHandle source) noexcept : source_(std::move(source)) {}

    /// Calls back once, at `when` or up to a millisecond later, never earlier. Replaces an earlier
    /// arming; a time in the past calls back on the loop's next turn.
    void arm(Instant when);
    void disarm();

  private:
    SourceHandle source_;
};

/// One thread's sd-event loop, with one descriptor ahead of it. Functions throw std::system_error
/// when the loop cannot do its work. An exception of a callback ends the loop and comes out of
/// run().
class EventLoop {
  public:
    EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop() = default;

    static constexpr std::uint32_t readable = 1; ///< EPOLLIN

    /// The one descriptor that is served before all others whenever it is readable, on the shortest
    /// path: past sd-event, whose bookkeeping takes longer than the answer that is wanted. It stays
    /// the caller's and must outlive the loop's run.
    void setUrgent(int fd, std::function<void()> callback);

    /// Whether that descriptor is readable.
    [[nodiscard]] bool isUrgent() const;

    /// Calls back with the epoll events that occurred, of those asked for and EPOLLERR, EPOLLHUP.
    /// The descriptor stays the caller's and must outlive the source.
    [[nodiscard]] Source addIo(
        int fd,
        std::function<void(std::uint32_t events)> callback,
        Priority priority = Priority::normal,
        std::uint32_t events = readable);

    /// Blocks the signal and calls back when it arrives, until the source goes.
    [[nodiscard]] Source addSignal(int signo, std::function<void(int signo)> callback);

    /// A timer, not armed yet.
    [[nodiscard]] Timer
    addTimer(std::function<void()> callback, Priority priority = Priority::normal);

    /// Calls back once, on the loop's next turn.
    [[nodiscard]] Source
    addDefer(std::function<void()> callback, Priority priority = Priority::normal);

    /// Turns until exit(); returns its code.
    int run();
    void exit(int code) const;

    /// Ends the loop; run() throws what is given. For callbacks that C code calls.
    void fail(std::exception_ptr failure) noexcept;

    /// Borrowed, for libraries that attach themselves.
    [[nodiscard]] sd_event* get() const noexcept { return event_.get(); }

  private:
    struct Unref {
        void operator()(sd_event* event) const noexcept { sd_event_unref(event); }
    };

    /// Waits for the urgent descriptor and, unless others are known to be ready, for sd-event's.
    void serveUrgent(bool othersReady);

    std::unique_ptr<sd_event, Unref> event_;
    int urgent_ = -1; ///< poll(2) passes over negative ones
    std::function<void()> onUrgent_;
    std::exception_ptr failure_;
};

} // namespace fwdguard::sys
