// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/lock_watch.hpp"

#include "support/catch.hpp"
#include "xtables/lock.hpp"

#include <chrono>
#include <string>

#include <unistd.h>

#include <sys/stat.h>

using namespace fwdguard::xtables;
using namespace std::chrono_literals;

namespace {

class LockFile {
  public:
    LockFile() = default;
    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;
    ~LockFile() { std::filesystem::remove(path); }

    void takeAndLetGo() const
    {
        REQUIRE(std::holds_alternative<XtablesLock>(acquireLock(path, 0ms)));
    }

    std::filesystem::path path = std::filesystem::temp_directory_path() /
                                 ("fwd-guard-lock-watch." + std::to_string(::getpid()));
};

} // namespace

TEST_CASE("whoever lets go of the lock is heard, once, and nobody else")
{
    const LockFile file;
    file.takeAndLetGo();
    const LockWatch watch;
    watch.watch(file.path);
    CHECK_FALSE(watch.take());
    {
        const auto lock = acquireLock(file.path, 0ms);
        CHECK_FALSE(watch.take());
    }
    CHECK(watch.take());
    CHECK_FALSE(watch.take());
}

TEST_CASE("a lock file that is not there is created as iptables does, so that the first is heard")
{
    const LockFile file;
    const LockWatch watch;
    watch.watch(file.path);
    struct stat info {};
    REQUIRE(::stat(file.path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    watch.take();
    file.takeAndLetGo();
    CHECK(watch.take());
}

TEST_CASE("a lock file that was replaced is heard again after the next call; without one, nothing")
{
    const LockFile file;
    const LockWatch watch;
    watch.watch(file.path);
    std::filesystem::remove(file.path);
    watch.watch(file.path);
    watch.take();
    file.takeAndLetGo();
    CHECK(watch.take());
    watch.watch("/proc/no-such-directory/lock");
    CHECK_FALSE(watch.take());
}
