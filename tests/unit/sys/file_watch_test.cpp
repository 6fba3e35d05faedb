// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/file_watch.hpp"
#include "unit/sys/scratch.hpp"

#include <chrono>
#include <filesystem>
#include <functional>

using namespace fwdguard;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

/// Watches `conf` and counts the changes that were announced.
class Watched {
  public:
    Watched()
        : watch_(
              loop_, [this] { ++changes_; }, 5ms)
    {
        scratch.write("conf/fwd-guard.json", "{}");
    }

    void watch(std::initializer_list<const char*> names)
    {
        std::vector<fs::path> directories;
        for (const char* name : names)
            directories.push_back(path(name));
        watch_.setDirectories(directories);
    }

    /// How often a change was announced within the next moment.
    int changesAfter(const std::function<void()>& work)
    {
        changes_ = 0;
        work();
        const auto until = steady_clock::now() + 60ms;
        while (steady_clock::now() < until)
            sd_event_run(loop_.get(), 5'000); // microseconds; one turn
        return changes_;
    }

    [[nodiscard]] fs::path path(const char* name) const { return scratch.path() / name; }

    test::Scratch scratch;

  private:
    sys::EventLoop loop_;
    int changes_ = 0;
    sys::FileWatch watch_;
};

} // namespace

TEST_CASE("a burst of changes in a watched directory is announced once")
{
    Watched watched;
    watched.watch({"conf"});
    CHECK(watched.changesAfter([] {}) == 0);
    const auto edit = [&] {
        watched.scratch.write("conf/.swap", "x");
        watched.scratch.write("conf/new.json", "{}");
        fs::rename(watched.path("conf/new.json"), watched.path("conf/fwd-guard.json"));
        fs::remove(watched.path("conf/.swap"));
    };
    CHECK(watched.changesAfter(edit) == 1);
    CHECK(watched.changesAfter(edit) == 1);
}

TEST_CASE("each kind of change is seen, reading is none")
{
    Watched watched;
    watched.watch({"conf", "conf/conf.d/"});
    const auto seen = [&](const std::function<void()>& work) { return watched.changesAfter(work); };
    CHECK(seen([&] { watched.scratch.write("conf/fwd-guard.json", "{} "); }) == 1);
    CHECK(seen([&] { fs::remove(watched.path("conf/fwd-guard.json")); }) == 1);
    CHECK(seen([&] { fs::create_symlink("x", watched.path("conf/link.json")); }) == 1);
    CHECK(seen([&] { fs::create_directory(watched.path("conf/conf.d")); }) == 1);
    CHECK(seen([&] { watched.scratch.write("conf/conf.d/a.json", "{}"); }) >= 1);
    CHECK(seen([&] { fs::permissions(watched.path("conf/conf.d/a.json"), fs::perms::none); }) == 1);
    CHECK(seen([&] { (void)fs::exists(watched.path("conf/conf.d/a.json")); }) == 0);
    CHECK(seen([&] {
              for (const auto& entry : fs::directory_iterator(watched.path("conf")))
                  (void)entry.is_regular_file();
          }) == 0);
    CHECK(seen([&] { watched.scratch.write("beside.json", "{}"); }) == 0);
}

TEST_CASE("a directory that vanishes and comes back is watched again")
{
    Watched watched;
    watched.watch({"conf", "later"});
    CHECK(watched.changesAfter([&] { fs::remove_all(watched.path("conf")); }) >= 1);
    CHECK(watched.changesAfter([&] { fs::create_directory(watched.path("conf")); }) == 1);
    CHECK(watched.changesAfter([&] { watched.scratch.write("conf/a.json", "{}"); }) == 1);
    CHECK(watched.changesAfter([&] { fs::create_directory(watched.path("later")); }) == 1);
    CHECK(watched.changesAfter([&] { watched.scratch.write("later/a.json", "{}"); }) == 1);
}

TEST_CASE("a directory that is a symbolic link is followed when the link is swapped")
{
    Watched watched;
    fs::create_directories(watched.path("v1"));
    fs::create_directories(watched.path("v2"));
    fs::create_directory_symlink("v1", watched.path("current"));
    watched.watch({"current"});
    const auto swap = [&] {
        fs::create_directory_symlink("v2", watched.path("next"));
        fs::rename(watched.path("next"), watched.path("current"));
    };
    CHECK(watched.changesAfter(swap) == 1);
    CHECK(watched.changesAfter([&] { watched.scratch.write("v2/a.json", "{}"); }) == 1);
    CHECK(watched.changesAfter([&] { watched.scratch.write("v1/a.json", "{}"); }) == 0);
}

TEST_CASE("the swap of ..data by which Kubernetes updates a mounted ConfigMap is a change")
{
    Watched watched;
    watched.scratch.write("mount/..2024/fwd-guard.json", "{}");
    watched.scratch.write("mount/..2025/fwd-guard.json", "{}");
    fs::create_directory_symlink("..2024", watched.path("mount/..data"));
    fs::create_symlink("..data/fwd-guard.json", watched.path("mount/fwd-guard.json"));
    watched.watch({"mount"});
    CHECK(watched.changesAfter([&] {
        fs::create_directory_symlink("..2025", watched.path("mount/..data_tmp"));
        fs::rename(watched.path("mount/..data_tmp"), watched.path("mount/..data"));
        fs::remove_all(watched.path("mount/..2024"));
    }) == 1);
}

TEST_CASE("directories that are not watched any more are left alone")
{
    Watched watched;
    watched.watch({"conf"});
    watched.watch({"other"});
    CHECK(watched.changesAfter([&] { watched.scratch.write("conf/a.json", "{}"); }) == 0);
}
