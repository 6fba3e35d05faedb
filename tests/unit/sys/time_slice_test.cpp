// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/time_slice.hpp"

#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/utsname.h>

using namespace fwdguard;

namespace {

/// What the kernel says of the calling thread, in nanoseconds.
std::optional<long> slice()
{
    std::ifstream file("/proc/thread-self/sched");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("se.slice"))
            return std::stol(line.substr(line.find(':') + 1));
    return std::nullopt;
}

bool hasSlices()
{
    utsname name{};
    REQUIRE(::uname(&name) == 0);
    int major = 0;
    int minor = 0;
    char dot = 0;
    std::istringstream(name.release) >> major >> dot >> minor;
    return major > 6 || (major == 6 && minor >= 12);
}

} // namespace

TEST_CASE("the time slice is the shortest there is, and the nice level stays")
{
    // In a thread of its own: what is set is the thread's.
    std::thread([] {
        REQUIRE(::setpriority(PRIO_PROCESS, 0, 3) == 0);
        CHECK_FALSE(sys::shortenTimeSlice(0));
        CHECK(::getpriority(PRIO_PROCESS, 0) == 3);
        CHECK(::sched_getscheduler(0) == SCHED_OTHER);
        const auto nanoseconds = slice();
        if (!hasSlices() || !nanoseconds)
            WARN("SKIPPED: this kernel has no time slices, or does not tell them");
        else
            CHECK(*nanoseconds == 100'000);
    }).join();
}

TEST_CASE("another policy is left alone")
{
    std::thread([] {
        const sched_param none{};
        REQUIRE(::sched_setscheduler(0, SCHED_IDLE, &none) == 0);
        const auto before = slice();
        CHECK_FALSE(sys::shortenTimeSlice(0));
        CHECK(::sched_getscheduler(0) == SCHED_IDLE);
        CHECK(slice() == before);
    }).join();
}

TEST_CASE("the time slice of a process that is not there cannot be shortened")
{
    CHECK(sys::shortenTimeSlice(std::numeric_limits<pid_t>::max()) == std::errc::no_such_process);
}
