// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/event_loop.hpp"
#include "sys/owned_fd.hpp"
#include "unit/sys/pipe.hpp"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

using namespace fwdguard;
using namespace fwdguard::sys;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::Pipe;

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
