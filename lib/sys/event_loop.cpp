// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/event_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <poll.h>

#include <sys/epoll.h>

namespace fwdguard::sys {

static_assert(EventLoop::readable == EPOLLIN);

namespace {

/// sd-event's default of 250 ms suits battery saving, not repairs. 0 would stand for that default.
constexpr std::uint64_t accuracyUsec = 1000;

int check(int result, const char* doing)
{
    if (result < 0)
        throw std::system_error(-result, std::system_category(), doing);
    return result;
}

/// What a C callback of one source needs. Owned by the sd-event source, which deletes it when the
/// callback is not running.
template <class... Args>
class Handler {
  public:
    using Callback = std::function<void(Args...)>;

    Handler(EventLoop& loop, Callback callback) : loop_(loop), callback_(std::move(callback)) {}

    static void destroy(void* self) noexcept
    {
        const std::unique_ptr<Handler> owner(static_cast<Handler*>(self));
    }

    /// The boundary to C: what is thrown waits in the loop until run() is back in C++.
    static int call(void* self, Args... args) noexcept
    {
        auto* handler = static_cast<Handler*>(self);
        try {
            handler->callback_(args...);
        } catch (const std::exception&) {
            handler->loop_.fail(std::current_exception());
        }
        return 0;
    }

  private:
    EventLoop& loop_;
    Callback callback_;
};

using IoHandler = Handler<std::uint32_t>;
using SignalHandler = Handler<int>;
using PlainHandler = Handler<>;

int onIo(sd_event_source*, int, std::uint32_t events, void* handler) noexcept
{
    return IoHandler::call(handler, events);
}

int onSignal(sd_event_source*, const signalfd_siginfo* info, void* handler) noexcept
{
    return SignalHandler::call(handler, static_cast<int>(info->ssi_signo));
}

int onTime(sd_event_source*, std::uint64_t, void* handler) noexcept
{
    return PlainHandler::call(handler);
}

int onDefer(sd_event_source*, void* handler) noexcept
{
    return PlainHandler::call(handler);
}

/// Makes a source with `add(sd_event_source**, void* userdata)` and gives the handler to it.
template <class HandlerType, class Add>
SourceHandle make(
    EventLoop& loop,
    typename HandlerType::Callback callback,
    Priority priority,
    const char* doing,
    Add add)
{
    auto handler = std::make_unique<HandlerType>(loop, std::move(callback));
    sd_event_source* raw = nullptr;
    check(add(&raw, handler.get()), doing);
    SourceHandle source(raw);
    check(sd_event_source_set_destroy_callback(raw, HandlerType::destroy), doing);
    static_cast<void>(handler.release());
    check(sd_event_source_set_priority(raw, static_cast<std::int64_t>(priority)), doing);
    return source;
}

} // namespace

void Source::setEnabled(bool enabled)
{
    check(
        sd_event_source_set_enabled(source_.get(), enabled ? SD_EVENT_ON : SD_EVENT_OFF),
        "cannot enable or disable an event source");
}

void Timer::arm(Instant when)
{
    // Rounded up: the time has come when the callback is called.
    const auto usec = std::chrono::ceil<std::chrono::microseconds>(when.time_since_epoch()).count();
    const auto time = static_cast<std::uint64_t>(std::max<decltype(usec)>(usec, 0));
    check(sd_event_source_set_time(source_.get(), time), "cannot set a timer");
    check(sd_event_source_set_enabled(source_.get(), SD_EVENT_ONESHOT), "cannot arm a timer");
}

void Timer::disarm()
{
    check(sd_event_source_set_enabled(source_.get(), SD_EVENT_OFF), "cannot disarm a timer");
}

EventLoop::EventLoop()
{
    sd_event* event = nullptr;
    check(sd_event_new(&event), "cannot create an event loop");
    event_.reset(event);
}

void EventLoop::setUrgent(int fd, std::function<void()> callback)
{
    urgent_ = fd;
    onUrgent_ = std::move(callback);
}

Source EventLoop::addIo(
    int fd, std::function<void(std::uint32_t)> callback, Priority priority, std::uint32_t events)
{
    const auto add = [&](sd_event_source** source, void* handler) {
        return sd_event_add_io(get(), source, fd, events, onIo, handler);
    };
    return Source(make<IoHandler>(
        *this, std::move(callback), priority, "cannot wait for a file descriptor", add));
}

Source EventLoop::addSignal(int signo, std::function<void(int)> callback)
{
    const auto add = [&](sd_event_source** source, void* handler) {
        return sd_event_add_signal(
            get(), source, signo | SD_EVENT_SIGNAL_PROCMASK, onSignal, handler);
    };
    return Source(make<SignalHandler>(
        *this, std::move(callback), Priority::normal, "cannot wait for a signal", add));
}

Timer EventLoop::addTimer(std::function<void()> callback, Priority priority)
{
    const auto add = [&](sd_event_source** source, void* handler) {
        return sd_event_add_time(
            get(), source, CLOCK_MONOTONIC, UINT64_MAX, accuracyUsec, onTime, handler);
    };
    Timer timer(
        make<PlainHandler>(*this, std::move(callback), priority, "cannot make a timer", add));
    timer.disarm();
    return timer;
}

Source EventLoop::addDefer(std::function<void()> callback, Priority priority)
{
    const auto add = [&](sd_event_source** source, void* handler) {
        return sd_event_add_defer(get(), source, onDefer, handler);
    };
    return Source(make<PlainHandler>(
        *this, std::move(callback), priority, "cannot schedule a deferred call", add));
}

int EventLoop::run()
{
    constexpr const char* doing = "the event loop failed";
    int code = 0;
    while (sd_event_get_state(get()) != SD_EVENT_FINISHED) {
        int ready = check(sd_event_prepare(get()), doing);
        if (sd_event_get_exit_code(get(), &code) == -ENODATA)
            serveUrgent(ready > 0);
        if (ready == 0)
            ready = check(sd_event_wait(get(), 0), doing);
        if (ready > 0)
            check(sd_event_dispatch(get()), doing);
    }
    check(sd_event_get_exit_code(get(), &code), doing);
    if (failure_)
        std::rethrow_exception(std::exchange(failure_, nullptr));
    return code;
}

bool EventLoop::isUrgent() const
{
    pollfd wait{.fd = urgent_, .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, 0) > 0;
}

void EventLoop::serveUrgent(bool othersReady)
{
    constexpr int forever = -1;
    std::array<pollfd, 2> waits{{
        {.fd = urgent_, .events = POLLIN, .revents = 0},
        {.fd = sd_event_get_fd(get()), .events = POLLIN, .revents = 0},
    }};
    if (::poll(waits.data(), waits.size(), othersReady ? 0 : forever) < 0 && errno != EINTR)
        throw std::system_error(errno, std::system_category(), "cannot wait for events");
    if (waits[0].revents != 0)
        onUrgent_();
}

void EventLoop::exit(int code) const
{
    check(sd_event_exit(get(), code), "cannot end the event loop");
}

void EventLoop::fail(std::exception_ptr failure) noexcept
{
    failure_ = std::move(failure);
    sd_event_exit(get(), 0);
}

} // namespace fwdguard::sys
