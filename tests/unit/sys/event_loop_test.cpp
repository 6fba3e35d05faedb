// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/event_loop.hpp"
#include "sys/owned_fd.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

using namespace fwdguard;
using namespace fwdguard::sys;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        readEnd.reset(ends[0]);
        writeEnd.reset(ends[1]);
    }
    void fill() const { REQUIRE(::write(writeEnd.value(), "x", 1) == 1); }

    void drain() const
    {
        char byte = 0;
        REQUIRE(::read(readEnd.value(), &byte, 1) == 1);
    }

    OwnedFd readEnd;
    OwnedFd writeEnd;
};

/// What this thread has used of the processor.
std::chrono::nanoseconds used()
{
    timespec time{};
    REQUIRE(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Of the processor, by a loop that runs for a second. A busy machine only takes from it.
std::chrono::nanoseconds usedInASecondOf(EventLoop& loop)
{
    Timer end = loop.addTimer([&] { loop.exit(0); });
    end.arm(steady_clock::now() + 1s);
    const auto before = used();
    CHECK(loop.run() == 0);
    return used() - before;
}

} // namespace

TEST_CASE("a timer calls back at its time, not 250 ms later as sd-event would by default")
{
    EventLoop loop;
    steady_clock::time_point rang;
    Timer timer = loop.addTimer([&] {
        rang = steady_clock::now();
        loop.exit(7);
    });
    const auto due = steady_clock::now() + 20ms;
    timer.arm(due);
    CHECK(loop.run() == 7);
    CHECK(rang >= due);
    CHECK(rang < due + 100ms); // generous for a busy machine, strict enough for the default
}

TEST_CASE("a timer is silent until armed, rings once, and can be armed again")
{
    EventLoop loop;
    int rings = 0;
    Timer timer = loop.addTimer([&] {
        if (++rings == 2)
            loop.exit(0);
    });
    Timer end = loop.addTimer([&] { loop.exit(0); });
    const auto now = steady_clock::now();
    SECTION("never armed")
    {
        end.arm(now + 5ms);
        loop.run();
        CHECK(rings == 0);
    }
    SECTION("disarmed")
    {
        timer.arm(now + 1ms);
        timer.disarm();
        end.arm(now + 5ms);
        loop.run();
        CHECK(rings == 0);
    }
    SECTION("armed for the past, twice")
    {
        timer.arm(Instant{});
        Timer again = loop.addTimer([&] { timer.arm(now - 1s); });
        again.arm(now + 2ms);
        end.arm(now + 10s); // a busy machine takes its time
        loop.run();
        CHECK(rings == 2);
    }
    SECTION("armed for the end of time")
    {
        timer.arm(Instant::max());
        end.arm(now + 5ms);
        loop.run();
        CHECK(rings == 0);
    }
}

TEST_CASE("a readable descriptor calls back, and may end itself")
{
    EventLoop loop;
    const Pipe pipe;
    pipe.fill();
    int calls = 0;
    std::optional<Source> source;
    source = loop.addIo(pipe.readEnd.value(), [&](std::uint32_t events) {
        CHECK((events & EventLoop::readable) != 0);
        ++calls;
        source.reset();
    });
    Timer end = loop.addTimer([&] { loop.exit(0); });
    end.arm(steady_clock::now() + 5ms);
    loop.run();
    CHECK(calls == 1);
}

TEST_CASE("the urgent descriptor is served before all others, and does not keep them from theirs")
{
    EventLoop loop;
    const Pipe plain;
    const Pipe urgent;
    std::string order;
    const Source a = loop.addIo(plain.readEnd.value(), [&](std::uint32_t) {
        order += "plain ";
        loop.exit(3);
    });
    loop.addUrgent(urgent.readEnd.value(), [&] {
        order += "urgent ";
        return true; // and is readable for ever
    });
    plain.fill();
    urgent.fill();
    CHECK(loop.run() == 3);
    CHECK(order.starts_with("urgent "));
    CHECK(order.ends_with("plain "));
}

TEST_CASE("urgent descriptors come in the order that they were added in, and go")
{
    EventLoop loop;
    const Pipe first;
    const Pipe second;
    std::string order;
    loop.addUrgent(first.readEnd.value(), [&] {
        order += "first ";
        return true;
    });
    loop.addUrgent(second.readEnd.value(), [&] {
        order += "second ";
        return true;
    });
    CHECK_FALSE(loop.isUrgent());
    second.fill();
    CHECK(loop.isUrgent());
    first.fill();
    Timer end = loop.addTimer([&] { loop.exit(0); });
    end.arm({});
    loop.run();
    CHECK(order == "first second ");

    EventLoop other;
    other.addUrgent(first.readEnd.value(), [&]() -> bool {
        FAIL();
        return false;
    });
    other.addUrgent(second.readEnd.value(), [&] {
        other.exit(2);
        return true;
    });
    other.dropUrgent(first.readEnd.value());
    other.dropUrgent(first.readEnd.value());
    CHECK(other.run() == 2);
    other.dropUrgent(second.readEnd.value());
    CHECK_FALSE(other.isUrgent());
}

TEST_CASE(
    "what is not urgent and ready for ever gets a quarter of a processor, what is comes at once")
{
    EventLoop loop;
    const Pipe endless;
    endless.fill();
    int turns = 0;
    const Source source = loop.addIo(endless.readEnd.value(), [&](std::uint32_t) { ++turns; });
    const Pipe urgent;
    int written = 0;
    int served = 0;
    loop.addUrgent(urgent.readEnd.value(), [&] {
        urgent.drain();
        ++served;
        return true;
    });
    Timer tick;
    tick = loop.addTimer([&] {
        CHECK(served == written); // or two were written and one call came for them
        urgent.fill();
        ++written;
        tick.arm(steady_clock::now() + 10ms);
    });
    tick.arm({});
    CHECK(usedInASecondOf(loop) < 600ms);
    CHECK(turns > 100);
    CHECK(served > 10);
}

TEST_CASE("an urgent descriptor that gives nothing gets no more, and the other one is served")
{
    EventLoop loop;
    const Pipe empty;
    empty.fill();
    int inVain = 0;
    loop.addUrgent(empty.readEnd.value(), [&] {
        ++inVain;
        return false;
    });
    const Pipe urgent;
    loop.addUrgent(urgent.readEnd.value(), [&] {
        urgent.drain();
        loop.exit(4);
        return true;
    });
    const auto before = used();
    std::chrono::nanoseconds inASecond{};
    Timer write = loop.addTimer([&] {
        inASecond = used() - before;
        urgent.fill();
    });
    write.arm(steady_clock::now() + 1s);
    CHECK(loop.run() == 4);
    CHECK(inASecond < 600ms);
    CHECK(inVain > 100);
}

TEST_CASE("what is urgent without end gives the others no more than a quarter, and no debt")
{
    EventLoop loop;
    const Pipe urgent;
    urgent.fill();
    loop.addUrgent(urgent.readEnd.value(), [] { return true; });
    const Pipe endless;
    endless.fill();
    std::chrono::nanoseconds usedByOthers{};
    const Source source = loop.addIo(endless.readEnd.value(), [&](std::uint32_t) {
        const auto begun = used();
        while (used() - begun < 500us)
            ;
        usedByOthers += used() - begun;
    });
    const auto begun = steady_clock::now();
    int rings = 0;
    Timer tick;
    tick = loop.addTimer([&] {
        ++rings;
        if (steady_clock::now() - begun > 1s)
            loop.exit(0);
        tick.arm(steady_clock::now() + 10ms);
    });
    tick.arm({});
    CHECK(loop.run() == 0);
    const auto took = steady_clock::now() - begun;
    CHECK(usedByOthers < 100ms + took / 3); // saved up, and a quarter
    CHECK(took < 3s);                       // and not when a debt is paid
    CHECK(rings > 10);
}

TEST_CASE("what the urgent descriptor's callback throws comes out of run()")
{
    EventLoop loop;
    const Pipe urgent;
    loop.addUrgent(urgent.readEnd.value(), []() -> bool { throw std::out_of_range("from below"); });
    urgent.fill();
    CHECK_THROWS_AS(loop.run(), std::out_of_range);
}

TEST_CASE("a source that has gone does not call back")
{
    EventLoop loop;
    const Pipe pipe;
    pipe.fill();
    {
        const Source gone = loop.addIo(pipe.readEnd.value(), [&](std::uint32_t) { FAIL(); });
    }
    Source off = loop.addIo(pipe.readEnd.value(), [&](std::uint32_t) { FAIL(); });
    off.setEnabled(false);
    Timer end = loop.addTimer([&] { loop.exit(0); });
    end.arm(steady_clock::now() + 5ms);
    CHECK(loop.run() == 0);
}

TEST_CASE("an exception of a callback comes out of run() as it was thrown")
{
    struct Special : std::runtime_error {
        using runtime_error::runtime_error;
    };
    EventLoop loop;
    std::optional<Source> bad;
    bad = loop.addDefer([&] {
        bad.reset(); // even when the source has gone meanwhile
        throw Special("from below");
    });
    CHECK_THROWS_AS(loop.run(), Special);
}

TEST_CASE("a signal calls back instead of killing, and is unblocked when its source goes")
{
    EventLoop loop;
    int received = 0;
    {
        const Source source = loop.addSignal(SIGUSR2, [&](int signo) {
            received = signo;
            loop.exit(0);
        });
        ::kill(::getpid(), SIGUSR2);
        loop.run();
    }
    CHECK(received == SIGUSR2);
    sigset_t blocked;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    CHECK(::sigismember(&blocked, SIGUSR2) == 0);
}

TEST_CASE("a descriptor has one owner and is closed with it")
{
    const int raw = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    {
        OwnedFd first(raw);
        const OwnedFd second(std::move(first));
        CHECK(second.value() == raw);
        CHECK(::fcntl(raw, F_GETFD) != -1);
    }
    CHECK(::fcntl(raw, F_GETFD) == -1);
}
