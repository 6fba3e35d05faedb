// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/lock.hpp"

#include "support/catch.hpp"
#include "xtables/live_tables.hpp"
#include "xtables/lock_watch.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace fwdguard::xtables;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view locks = "1: POSIX  ADVISORY  WRITE 100 00:1b:77 0 EOF\n"
                                   "2: FLOCK  ADVISORY  WRITE 200 00:1b:78 0 EOF\n"
                                   "3: FLOCK  ADVISORY  WRITE 4242 00:1b:77 0 EOF\n"
                                   "3: -> FLOCK  ADVISORY  WRITE 300 00:1b:77 0 EOF\n";

class TemporaryFile {
  public:
    TemporaryFile() = default;
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove(path); }

    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("fwd-guard-lock." + std::to_string(::getpid()));
};

/// A child process that holds the lock until it is told to go.
class Holder {
  public:
    explicit Holder(const std::filesystem::path& path)
    {
        REQUIRE(::pipe(ready_) == 0);
        pid = ::fork();
        if (pid == 0) {
            const auto lock = acquireLock(path, 0ms);
            const char mark = std::holds_alternative<XtablesLock>(lock) ? 'y' : 'n';
            (void)!::write(ready_[1], &mark, 1);
            ::pause();
            ::_exit(0);
        }
        char mark = 0;
        REQUIRE(::read(ready_[0], &mark, 1) == 1);
        REQUIRE(mark == 'y');
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder()
    {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        ::close(ready_[0]);
        ::close(ready_[1]);
    }

    pid_t pid = -1;

  private:
    int ready_[2] = {-1, -1};
};

} // namespace

TEST_CASE("the holder of a lock is read from the kernel's table of locks")
{
    CHECK(lockHolderIn(locks, 0, 0x1b, 77) == 4242U);
    CHECK(lockHolderIn(locks, 0, 0x1b, 78) == 200U);
    CHECK_FALSE(lockHolderIn(locks, 0, 0x1c, 77));
    CHECK_FALSE(lockHolderIn(locks, 0, 0x1b, 79));
    CHECK_FALSE(lockHolderIn("", 0, 0x1b, 77));
    CHECK_FALSE(lockHolderIn("3: FLOCK\n: FLOCK x y z\n\n", 0, 0x1b, 77));
}

TEST_CASE("a free lock is taken at once and its file created for root alone")
{
    const TemporaryFile file;
    const auto lock = acquireLock(file.path, 0ms);
    REQUIRE(std::holds_alternative<XtablesLock>(lock));
    struct stat info {};
    REQUIRE(::stat(file.path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(lockHolder(file.path) == static_cast<std::uint32_t>(::getpid()));
}

TEST_CASE("a lock that another process holds is given up in time, and the holder named")
{
    const TemporaryFile file;
    const Holder holder{file.path};
    const auto start = std::chrono::steady_clock::now();
    const auto lock = acquireLock(file.path, 20ms);
    const auto waited = std::chrono::steady_clock::now() - start;
    REQUIRE(std::holds_alternative<std::error_code>(lock));
    CHECK(std::get<std::error_code>(lock) == std::errc::timed_out);
    CHECK(waited >= 20ms);
    CHECK(waited < 2s);
    struct sigaction alarm {};
    REQUIRE(::sigaction(SIGALRM, nullptr, &alarm) == 0);
    CHECK(alarm.sa_handler == SIG_DFL); // as it was before
    CHECK(lockHolder(file.path) == static_cast<std::uint32_t>(holder.pid));
}

TEST_CASE("a lock is taken when its holder lets go, whatever signals come until then")
{
    struct sigaction interrupting {};
    struct sigaction before {};
    interrupting.sa_handler = [](int) {};
    REQUIRE(::sigaction(SIGUSR1, &interrupting, &before) == 0);
    const TemporaryFile file;
    std::optional<Holder> holder{std::in_place, file.path};
    const pthread_t waiting = ::pthread_self();
    std::thread ending{[&] {
        for (int i = 0; i < 5; ++i) {
            std::this_thread::sleep_for(5ms);
            ::pthread_kill(waiting, SIGUSR1);
        }
        holder.reset();
    }};
    const auto lock = acquireLock(file.path, 60s);
    ending.join();
    CHECK(std::holds_alternative<XtablesLock>(lock));
    ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("a holder is waited for once only; another one, or a free lock, is had again")
{
    const TemporaryFile file;
    LockTaker taker;
    {
        const Holder holder{file.path};
        REQUIRE(std::holds_alternative<std::error_code>(taker.take(file.path, 20ms)));
        CHECK(taker.holder() == static_cast<std::uint32_t>(holder.pid));
        const auto start = std::chrono::steady_clock::now();
        const auto again = taker.take(file.path, 60s);
        REQUIRE(std::holds_alternative<std::error_code>(again));
        CHECK(std::get<std::error_code>(again) == std::errc::timed_out);
        CHECK(std::chrono::steady_clock::now() - start < 10s);
    }
    {
        const Holder another{file.path};
        const auto start = std::chrono::steady_clock::now();
        REQUIRE(std::holds_alternative<std::error_code>(taker.take(file.path, 20ms)));
        CHECK(std::chrono::steady_clock::now() - start >= 20ms);
    }
    CHECK(std::holds_alternative<XtablesLock>(taker.take(file.path, 0ms)));
    CHECK_FALSE(taker.holder());
}

TEST_CASE("whoever tries in vain is not taken for one who lets go, and follows a file made anew")
{
    const TemporaryFile file;
    const Holder holder{file.path};
    const LockWatch watch;
    watch.watch(file.path);
    LockTaker taker;
    for (int tries = 0; tries < 3; ++tries)
        REQUIRE(std::holds_alternative<std::error_code>(taker.take(file.path, 0ms)));
    CHECK_FALSE(watch.take());
    std::filesystem::remove(file.path);
    CHECK(std::holds_alternative<XtablesLock>(taker.take(file.path, 0ms)));
}

TEST_CASE("a lock file that cannot be opened is an error of its own")
{
    const auto lock = acquireLock("/proc/no-such-directory/lock", 20ms);
    REQUIRE(std::holds_alternative<std::error_code>(lock));
    CHECK(std::get<std::error_code>(lock) == std::errc::no_such_file_or_directory);
}

TEST_CASE("the lock file is the one that iptables takes")
{
    ::unsetenv("XTABLES_LOCKFILE");
    CHECK(defaultLockFile() == "/run/xtables.lock");
    ::setenv("XTABLES_LOCKFILE", "/elsewhere", 1);
    CHECK(defaultLockFile() == "/elsewhere");
    ::setenv("XTABLES_LOCKFILE", "", 1);
    CHECK(defaultLockFile() == "/run/xtables.lock");
    ::unsetenv("XTABLES_LOCKFILE");
}

TEST_CASE("the list of live tables is one name a line")
{
    CHECK(parseTableNames("").empty());
    CHECK(parseTableNames("nat\nfilter\n") == std::vector<std::string>{"nat", "filter"});
    CHECK(parseTableNames("\nraw") == std::vector<std::string>{"raw"});
}
