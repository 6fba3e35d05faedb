// SPDX-License-Identifier: GPL-2.0-or-later
#include "command_watch.hpp"
#include "support/catch.hpp"
#include "sys/owned_fd.hpp"
#include "unit/sys/scratch.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

using namespace fwdguard;
using namespace std::chrono_literals;

namespace {

/// Everything that is asked of us, in its order, while somebody loads the library beside us.
struct Watching {
    test::Scratch scratch;
    sys::EventLoop loop;
    std::string asked;
    std::function<bool(int times)> found; ///< at that glance of one load
    int glances = 0;
    daemon::CommandWatch watch;

    explicit Watching(std::function<bool(int times)> finds)
        : found(std::move(finds)), watch(
                                       loop,
                                       [this] {
                                           scratch.write("library", "x");
                                           return scratch.path() / "library";
                                       }(),
                                       [this] { asked += 'r'; },
                                       [this] {
                                           asked += 'g';
                                           return found(++glances);
                                       })
    {
    }

    std::string load()
    {
        glances = 0;
        const sys::OwnedFd file(::open((scratch.path() / "library").c_str(), O_RDONLY | O_CLOEXEC));
        char byte = 0;
        REQUIRE(::read(file.value(), &byte, 1) == 1);
        while (sd_event_run(loop.get(), 5'000) > 0) // microseconds
            ;
        return std::exchange(asked, {});
    }
};

} // namespace

TEST_CASE("a load is followed by a rehearsal and by glances, until one finds something")
{
    // At the second one: a busy machine may not come to a third within the time for it.
    Watching watching([](int times) { return times == 2; });
    for (int times = 0; times < 3; ++times)
        CHECK(watching.load() == "grg");
}

TEST_CASE("what is there at once needs no rehearsal")
{
    Watching watching([](int) { return true; });
    CHECK(watching.load() == "g");
}

TEST_CASE("who has just committed was loaded before that, and nothing more is expected of him")
{
    Watching watching([](int) { return true; });
    const auto ignored = [&] {
        watching.watch.committed();
        return watching.load().empty();
    };
    bool once = false; // on a busy machine "just" may be over before the load is told
    for (int times = 0; times < 100 && !once; ++times)
        once = ignored();
    CHECK(once);
    std::this_thread::sleep_for(1ms);
    CHECK(watching.load() == "g");
}

TEST_CASE("glances end after a while, and what is not found costs what has been saved")
{
    Watching watching([](int) { return false; });
    int loads = 0;
    int glances = 0;
    for (std::string asked = watching.load(); loads < 1000 && !asked.empty(); ++loads) {
        CHECK(asked.starts_with("grg"));
        glances = std::max(glances, watching.glances);
        asked = watching.load();
    }
    CHECK(glances > 10);
    CHECK(loads >= 20); // 60 ms are saved up, a load takes 2 of them
    CHECK(loads < 100);
}

TEST_CASE("a repair that waits for the kernel's lock costs no more than the glances before it")
{
    // Each of them would use up a third of all that is saved.
    Watching watching([](int) {
        std::this_thread::sleep_for(20ms);
        return true;
    });
    for (int times = 0; times < 20; ++times)
        CHECK(watching.load() == "g");
}
