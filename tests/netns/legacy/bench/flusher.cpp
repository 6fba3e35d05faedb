// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/legacy/bench/flusher.hpp"

#include "bench/scheduling.hpp"
#include "xtables/lock.hpp"
#include "xtables/lock_watch.hpp"
#include "xtables/table.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <system_error>
#include <variant>

#include <poll.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace fwdguard::bench {

namespace {

namespace fs = std::filesystem;
using namespace xtables;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto patience = 2s;
constexpr double never = -1;

std::unique_ptr<Table> openFilter(TableLists& lists)
{
    return std::get<std::unique_ptr<Table>>(openTable(lists, {Family::ip, "filter"}));
}

std::size_t countRules(const Table& table)
{
    std::size_t count = 0;
    table.forEachRule("FORWARD", [&count](const RuleView&) { ++count; });
    return count;
}

/// What the process does for each flush; returns the microseconds, or `never`.
class Work {
  public:
    Work(fs::path lock, const fs::path& repairers) : lock_(std::move(lock))
    {
        released_.watch(repairers);
    }

    double flush()
    {
        const std::size_t rules = remove();
        const Clock::time_point flushed = Clock::now();
        held_.reset();
        released_.take(); // that was us
        pollfd ready{released_.fd(), POLLIN, 0};
        while (Clock::now() < flushed + patience && ::poll(&ready, 1, patience / 1ms) > 0) {
            const Clock::time_point heard = Clock::now();
            released_.take();
            if (countRules(*openFilter(lists_)) == rules)
                return std::chrono::duration<double, std::micro>(heard - flushed).count();
        }
        return never;
    }

  private:
    /// How many rules there were before. Leaves the lock held.
    std::size_t remove()
    {
        held_ = std::get<XtablesLock>(acquireLock(lock_, patience));
        const auto table = openFilter(lists_);
        const std::size_t rules = countRules(*table);
        if (table->remove("FORWARD", 0) || table->commit())
            std::fputs("the flusher could not flush\n", stderr);
        return rules;
    }

    fs::path lock_;
    std::optional<XtablesLock> held_;
    LockWatch released_;
    TableLists lists_;
};

[[noreturn]] void flushWhenAsked(int socket, const fs::path& own, const fs::path& repairers)
{
    ::setsid(); // a scheduling group of its own
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!schedule({.nice = 0, .policy = SCHED_FIFO, .priority = 1}))
        std::perror("scheduling");
    Work work(own, repairers);
    for (char asked = 0; ::read(socket, &asked, 1) == 1;) {
        const double time = work.flush();
        if (::write(socket, &time, sizeof time) != sizeof time)
            break;
    }
    ::_exit(1);
}

} // namespace

Flusher::Flusher(const fs::path& own, const fs::path& repairers)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "a pair of sockets");
    pid_ = ::fork();
    if (pid_ == 0) {
        ::close(ends[0]);
        flushWhenAsked(ends[1], own, repairers);
    }
    ::close(ends[1]);
    socket_ = ends[0];
}

Flusher::~Flusher()
{
    ::close(socket_);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Flusher::flush() const
{
    if (::write(socket_, "f", 1) != 1)
        throw std::system_error(errno, std::generic_category(), "asking the flusher");
}

std::optional<double> Flusher::repaired() const
{
    double time = never;
    if (::read(socket_, &time, sizeof time) != sizeof time || time == never)
        return std::nullopt;
    return time;
}

} // namespace fwdguard::bench
