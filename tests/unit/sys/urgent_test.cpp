// SPDX-License-Identifier: GPL-2.0-or-later
// What an event loop serves first, and what it leaves to the others.
#include "support/catch.hpp"
#include "sys/event_loop.hpp"
#include "unit/sys/pipe.hpp"

#include <chrono>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>

using namespace fwdguard;
using namespace fwdguard::sys;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::Pipe;

namespace {

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
