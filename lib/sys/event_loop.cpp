// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/event_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

#include <sys/epoll.h>

namespace fwdguard::sys {

static_assert(EventLoop::readable == EPOLLIN);

namespace {

/// sd-event's default of 250 ms suits battery saving, not repairs. 0 would stand for that default.
constexpr std::uint64_t accuracyUsec = 1000;

using Clock = std::chrono::steady_clock;

/// A quarter of a processor, and a rest of a few milliseconds when that is used up.
constexpr int oneIn = 4;
constexpr std::chrono::milliseconds saved{100};
constexpr std::chrono::milliseconds least{1};

/// To fall asleep and wake up takes longer.
constexpr std::chrono::microseconds noSleep{20};

/// A descriptor is served for nothing now and then: somebody else has read what there was.
constexpr int tooOften = 64;

constexpr const char* failed = "the event loop failed";

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

EventLoop::EventLoop() : others_{saved, oneIn}
{
    sd_event* event = nullptr;
    check(sd_event_new(&event), "cannot create an event loop");
    event_.reset(event);
    waits_.push_back({.fd = sd_event_get_fd(event), .events = POLLIN, .revents = 0});
}

void EventLoop::addUrgent(int fd, std::function<bool()> callback)
{
    waits_.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    urgent_.push_back({.callback = std::move(callback)});
}

void EventLoop::dropUrgent(int fd)
{
    const auto found = std::ranges::find(waits_, fd, &pollfd::fd);
    if (found == waits_.end())
        return;
    urgent_.erase(urgent_.begin() + (found - waits_.begin() - 1));
    waits_.erase(found);
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
    int code = 0;
    while (sd_event_get_state(get()) != SD_EVENT_FINISHED)
        turn();
    check(sd_event_get_exit_code(get(), &code), failed);
    if (failure_)
        std::rethrow_exception(std::exchange(failure_, nullptr));
    return code;
}

bool EventLoop::isUrgent()
{
    return ::poll(waits_.data() + 1, waits_.size() - 1, 0) > 0;
}

bool EventLoop::ending() const
{
    int code = 0;
    return sd_event_get_exit_code(get(), &code) != -ENODATA;
}

void EventLoop::turn()
{
    Instant begun = Clock::now();
    int ready = check(sd_event_prepare(get()), failed);
    for (bool resting = true; resting && !ending();) {
        const Instant asked = Clock::now();
        const bool spent = others_.left(asked) == Instant::duration::zero();
        const Instant restEnd = spent ? others_.at(least) : asked;
        wait(asked, restEnd, ready > 0);
        if (const Instant awake = Clock::now(); awake - asked > noSleep)
            begun = awake;
        if (serveUrgent())
            begun = Clock::now();
        resting = spent && Clock::now() < restEnd; // what is urgent does not shorten it
    }
    if (ready == 0)
        ready = check(sd_event_wait(get(), 0), failed);
    if (ready > 0)
        check(sd_event_dispatch(get()), failed);
    // Who needs long once, as a reload may, is not made to wait for that afterwards.
    const Instant now = Clock::now();
    others_.spend(now, std::min(now - begun, others_.left(now) + least));
}

/// For the urgent descriptors and, unless others are known to be ready, for sd-event's. While these
/// rest: for those alone that gave something when they were served.
void EventLoop::wait(Instant now, Instant restEnd, bool othersReady)
{
    constexpr int forever = -1;
    if (restEnd <= now)
        return poll(othersReady ? 0 : forever);
    const auto invertIgnored = [this] { // poll(2) leaves negative ones alone
        waits_.front().fd = ~waits_.front().fd;
        for (std::size_t i = 0; i < urgent_.size(); ++i)
            if (urgent_[i].fruitless == tooOften)
                waits_[i + 1].fd = ~waits_[i + 1].fd;
    };
    invertIgnored();
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(restEnd - now);
    poll(static_cast<int>(rest.count()));
    invertIgnored();
}

void EventLoop::poll(int milliseconds)
{
    if (::poll(waits_.data(), waits_.size(), milliseconds) >= 0)
        return;
    if (errno != EINTR)
        throw std::system_error(errno, std::system_category(), "cannot wait for events");
    for (pollfd& wait : waits_)
        wait.revents = 0;
}

/// Whether one of them had something to read.
bool EventLoop::serveUrgent()
{
    bool any = false;
    for (std::size_t i = 0; i < urgent_.size(); ++i) {
        if (waits_[i + 1].revents == 0)
            continue;
        const bool fruitful = urgent_[i].callback();
        urgent_[i].fruitless = fruitful ? 0 : std::min(urgent_[i].fruitless + 1, tooOften);
        any |= fruitful;
    }
    return any;
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
