// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/lock.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace fwdguard::xtables {

namespace {

using Clock = std::chrono::steady_clock;

std::error_code lastError()
{
    return {errno, std::system_category()};
}

timespec spanOf(std::chrono::nanoseconds time)
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    return {.tv_sec = seconds.count(), .tv_nsec = static_cast<long>((time - seconds).count())};
}

/// While it lives, SIGALRM interrupts a call of this thread that waits: after a time, and from then
/// on again and again, for it may come just before the call begins. iptables limits its wait so.
class Interruption {
  public:
    explicit Interruption(std::chrono::milliseconds after)
    {
        struct sigaction interrupting {};
        interrupting.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &interrupting, &before_);
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = SIGALRM;
        event._sigev_un._tid = ::gettid();
        constexpr std::chrono::milliseconds again{10};
        const itimerspec times{.it_interval = spanOf(again), .it_value = spanOf(after)};
        created_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
        if (!created_ || ::timer_settime(timer_, 0, &times, nullptr) != 0)
            error_ = lastError();
    }
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    ~Interruption()
    {
        if (created_)
            ::timer_delete(timer_);
        ::sigaction(SIGALRM, &before_, nullptr);
    }

    /// Why nothing will be interrupted (too many signals queued: EAGAIN).
    [[nodiscard]] std::error_code error() const { return error_; }

  private:
    struct sigaction before_ {};
    timer_t timer_{};
    bool created_ = false;
    std::error_code error_{};
};

/// No error: the lock is ours.
std::error_code lockWithin(int file, std::chrono::milliseconds atMost)
{
    if (::flock(file, LOCK_EX | LOCK_NB) == 0)
        return {};
    if (errno != EWOULDBLOCK && errno != EINTR)
        return lastError();
    if (atMost.count() <= 0)
        return std::make_error_code(std::errc::timed_out);
    // Asleep: the usual holder is an iptables that has just committed. Whoever looks again and
    // again, at our priority, may keep it from its processor and so from letting go.
    const auto end = Clock::now() + atMost;
    const Interruption interruption{atMost};
    if (interruption.error())
        return interruption.error();
    while (::flock(file, LOCK_EX) != 0) {
        if (errno != EINTR)
            return lastError();
        if (Clock::now() >= end)
            return std::make_error_code(std::errc::timed_out);
    }
    return {};
}

/// Whoever wants to get rid of a lock deletes its file: the path may be of another one by now.
bool isAt(const std::filesystem::path& path, int file)
{
    struct stat there {};
    struct stat ours {};
    return ::stat(path.c_str(), &there) == 0 && ::fstat(file, &ours) == 0 &&
           there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
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
    return LockTaker{}.take(path, atMost);
}

LockResult LockTaker::take(const std::filesystem::path& path, std::chrono::milliseconds atMost)
{
    if (!file_ || !isAt(path, file_.get()))
        file_ = UniqueFd{::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600)};
    if (!file_)
        return lastError();
    const auto holder = [&path] { return lockHolder(path).value_or(0); };
    const bool waitedFor = holder_ && *holder_ == holder();
    const std::error_code error =
        lockWithin(file_.get(), waitedFor ? std::chrono::milliseconds{} : atMost);
    holder_.reset();
    if (!error)
        return XtablesLock{std::move(file_)};
    if (error == std::errc::timed_out)
        holder_ = holder();
    return error;
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
