// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/load_watch.hpp"
#include "unit/sys/scratch.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <sys/resource.h>

using namespace fwdguard;
namespace fs = std::filesystem;

namespace {

class Loaded {
  public:
    explicit Loaded(const fs::path& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

    void readHeader() const
    {
        char byte = 0;
        REQUIRE(::read(file_.value(), &byte, 1) == 1);
    }

  private:
    sys::OwnedFd file_;
};

struct Watched {
    Watched()
    {
        scratch.write("library", "x");
        scratch.write("other", "x");
        watch = std::make_unique<sys::LoadWatch>(
            loop, path("library"), [this](bool beside) { told.push_back(beside); });
    }

    [[nodiscard]] fs::path path(const char* name) const { return scratch.path() / name; }

    void load(const char* name) const
    {
        Loaded loaded(path(name));
        loaded.readHeader();
    }

    /// What was told since the last time.
    std::vector<bool> news()
    {
        while (sd_event_run(loop.get(), 5'000) > 0) // microseconds
            ;
        return std::exchange(told, {});
    }

    test::Scratch scratch;
    sys::EventLoop loop;
    std::vector<bool> told;
    std::unique_ptr<sys::LoadWatch> watch;
};

} // namespace

TEST_CASE("who loads a library is beside us when it is being read by the time that we are told")
{
    Watched watched;
    CHECK(watched.news().empty());
    const Loaded opened(watched.path("library"));
    CHECK(watched.news() == std::vector{false});
    opened.readHeader();
    CHECK(watched.news() == std::vector{false}); // it went on when we were asleep again
    watched.load("library");
    CHECK(watched.news() == std::vector{true});
    watched.load("other");
    CHECK(watched.news().empty());
}

TEST_CASE("a program that has loaded a library ends when it lets go of it, not before")
{
    Watched watched;
    {
        const Loaded loaded(watched.path("library"));
        loaded.readHeader();
        CHECK_FALSE(watched.watch->ended());
    }
    CHECK(watched.watch->ended());
    CHECK_FALSE(watched.watch->ended());
}

TEST_CASE("the loads of a pause are not told")
{
    Watched watched;
    watched.watch->pause();
    watched.load("library");
    CHECK(watched.news().empty());
    watched.watch->resume();
    CHECK(watched.news().empty());
    watched.load("library");
    CHECK(watched.news() == std::vector{true});
}

TEST_CASE("an upgraded library is watched as the one before was")
{
    Watched watched;
    watched.scratch.write("library.new", "y");
    const Loaded before(watched.path("library"));
    fs::rename(watched.path("library.new"), watched.path("library"));
    static_cast<void>(watched.news());
    watched.load("library");
    CHECK(watched.news() == std::vector{true});
    before.readHeader();
    CHECK(watched.news().empty());
}

TEST_CASE("a library that is not there, or that cannot be watched, is never loaded")
{
    Watched watched;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto never = [](bool) { FAIL(); };
    std::optional<sys::LoadWatch> unwatched;
    CHECK_NOTHROW(unwatched.emplace(watched.loop, watched.path("library"), never));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    std::optional<sys::LoadWatch> missing;
    CHECK_NOTHROW(missing.emplace(watched.loop, watched.path("none"), never));
    std::optional<sys::LoadWatch> nameless;
    CHECK_NOTHROW(nameless.emplace(watched.loop, fs::path{}, never));

    watched.load("library");
    CHECK(watched.news() == std::vector{true});
}

TEST_CASE("a library that came later is watched when watching resumes")
{
    Watched watched;
    std::vector<bool> told;
    sys::LoadWatch later(
        watched.loop, watched.path("later"), [&told](bool beside) { told.push_back(beside); });
    watched.scratch.write("later", "x");
    watched.load("later");
    static_cast<void>(watched.news());
    CHECK(told.empty());
    later.resume();
    watched.load("later");
    static_cast<void>(watched.news());
    CHECK(told == std::vector{true});
}
