// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/allowance.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <poll.h>

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

/// One thread's sd-event loop, with a few descriptors ahead of it, which alone may take all of a
/// processor: the others together get a quarter of one, and what they have saved up of it. So does
/// a descriptor that is said to be readable and gives nothing. Functions throw
/// std::system_error when the loop cannot do its work. An exception of a callback ends the loop and
/// comes out of run().
class EventLoop {
  public:
    EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop() = default;

    static constexpr std::uint32_t readable = 1; ///< EPOLLIN

    /// Serves this descriptor, whenever it is readable, before those that are not urgent, on the
    /// shortest path: past sd-event, whose bookkeeping takes longer than the answer that is wanted.
    /// Those that are added first come first. The callback returns whether there was anything to
    /// read. The descriptor stays the caller's and must be dropped before it is closed, unless the
    /// loop does not run any more; not by an urgent callback.
    void addUrgent(int fd, std::function<bool()> callback);
    void dropUrgent(int fd);

    /// Whether one of these descriptors is readable.
    [[nodiscard]] bool isUrgent();

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

    struct Urgent {
        std::function<bool()> callback;
        int fruitless = 0; ///< calls since there was last anything to read
    };

    [[nodiscard]] bool ending() const;
    void turn();
    void wait(Instant now, Instant restEnd, bool othersReady);
    void poll(int milliseconds);
    [[nodiscard]] bool serveUrgent();

    std::unique_ptr<sd_event, Unref> event_;
    std::vector<pollfd> waits_;  ///< for sd-event's descriptor and the urgent ones behind it
    std::vector<Urgent> urgent_; ///< in the order of these
    Allowance others_;           ///< time for what is not urgent
    std::exception_ptr failure_;
};

} // namespace fwdguard::sys
