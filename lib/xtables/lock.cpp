// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/lock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sched.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace fwdguard::xtables {

namespace {

using Clock = std::chrono::steady_clock;

// The usual holder is an iptables that has just committed and is about to exit: that takes less
// time than the shortest sleep, so at first we only let others run.
constexpr std::chrono::microseconds yieldingTime{200};
constexpr std::chrono::microseconds firstWait{20};
constexpr std::chrono::microseconds longestWait{500};

void wait(std::chrono::microseconds time)
{
    const timespec span{0, static_cast<long>(std::chrono::nanoseconds{time}.count())};
    ::nanosleep(&span, nullptr);
}

std::error_code lastError()
{
    return {errno, std::system_category()};
}

} // namespace

std::filesystem::path defaultLockFile()
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    const char* const named = std::getenv("XTABLES_LOCKFILE");
    return named != nullptr && *named != '\0' ? named : "/run/xtables.lock";
}

LockResult acquireLock(const std::filesystem::path& path, std::chrono::milliseconds atMost)
{
    UniqueFd file{::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600)};
    if (!file)
        return lastError();
    const auto start = Clock::now();
    for (auto pause = firstWait;;) {
        if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0)
            return XtablesLock{std::move(file)};
        if (errno != EWOULDBLOCK && errno != EINTR)
            return lastError();
        const auto waited = Clock::now() - start;
        if (waited >= atMost)
            return std::make_error_code(std::errc::timed_out);
        if (waited < yieldingTime) {
            ::sched_yield();
            continue;
        }
        wait(pause);
        pause = std::min(pause * 2, longestWait);
    }
}

std::optional<std::uint32_t> lockHolderIn(
    std::string_view locks, unsigned int deviceMajor, unsigned int deviceMinor, std::uint64_t inode)
{
    std::ostringstream file;
    file << std::hex << std::setfill('0') << std::setw(2) << deviceMajor << ':' << std::setw(2)
         << deviceMinor << ':' << std::dec << inode;
    std::istringstream lines{std::string{locks}};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string number;
        std::string kind; // "->" for those who wait
        std::string mode;
        std::string access;
        std::uint32_t pid = 0;
        std::string locked;
        words >> number >> kind >> mode >> access >> pid >> locked;
        if (words && kind == "FLOCK" && pid != 0 && locked == file.str())
            return pid;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> lockHolder(const std::filesystem::path& path)
{
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        return std::nullopt;
    std::ifstream file{"/proc/locks"};
    std::ostringstream text;
    text << file.rdbuf();
    return lockHolderIn(text.str(), major(info.st_dev), minor(info.st_dev), info.st_ino);
}

} // namespace fwdguard::xtables
