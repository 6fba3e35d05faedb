// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/fire/opponent.hpp"

#include "bench/sockets.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "netns/fire/batches.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <system_error>
#include <thread>

#include <unistd.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace fwdguard::fire {

namespace {

using std::chrono::milliseconds;

Deeds* sharedDeeds()
{
    void* memory =
        mmap(nullptr, sizeof(Deeds), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::system_error(errno, std::generic_category(), "shared memory");
    return new (memory) Deeds;
}

bool shell(const std::string& command)
{
    return std::system(command.c_str()) == 0; // NOLINT(concurrency-mt-unsafe): one thread
}

/// At fixed times, and without making up for what was late.
void every(milliseconds period, const Deeds& deeds, const std::function<void()>& act)
{
    auto next = Clock::now();
    while (!deeds.peace) {
        act();
        next = std::max(next + period, Clock::now());
        std::this_thread::sleep_until(next);
    }
}

} // namespace

void Deeds::account(const std::function<bool()>& deed)
{
    const auto begin = Clock::now();
    const bool good = deed();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    longest = std::max(longest.load(), std::int64_t{took.count()});
    ++(good ? done : failed);
}

Opponent::Opponent(const std::string& comm, const std::function<void(Deeds&)>& act)
    : deeds_(sharedDeeds()), pid_(fork())
{
    if (pid_ != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, comm.c_str());
    try {
        act(*deeds_);
    } catch (const std::exception&) {
        ++deeds_->failed;
    }
    _exit(EXIT_SUCCESS);
}

Opponent::~Opponent()
{
    if (!ended_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    munmap(deeds_, sizeof(Deeds));
}

bool Opponent::makePeace()
{
    deeds_->peace = true;
    ended_ = test::eventually([&] { return waitpid(pid_, nullptr, WNOHANG) == pid_; });
    return ended_;
}

void deleteOnEveryEvent(Deeds& deeds)
{
    bench::Listener events;
    Writer writer;
    const Batch flush = Batch{}.flush("FORWARD").finish();
    writer.commit(flush); // the first blow
    while (!deeds.peace)
        if (events.next(milliseconds{50}))
            deeds.account([&] {
                writer.commit(flush);
                return true;
            });
}

void alwaysBeFirst(Deeds& deeds)
{
    constexpr std::uint32_t mark = 0x1057;
    bench::Listener events;
    Writer writer;
    std::uint64_t handle = writer.commit(Batch{}.insert("FORWARD", mark).finish()).value();
    while (!deeds.peace) {
        const std::optional<std::uint32_t> port = events.next(milliseconds{50});
        if (port.value_or(writer.port()) == writer.port())
            continue;
        deeds.account([&] {
            const Batch batch = Batch{}.remove("FORWARD", handle).insert("FORWARD", mark).finish();
            handle = writer.commit(batch).value();
            return true;
        });
    }
}

void insertLikeFelix(Deeds& deeds)
{
    every(milliseconds{50}, deeds, [&] {
        if (shell("iptables-save -t filter | grep -m1 '^-A FORWARD' | grep -q cali-FORWARD"))
            return;
        deeds.account([] {
            return shell("iptables-restore --noflush <<'END'\n"
                         "*filter\n"
                         "-D FORWARD -j cali-FORWARD\n"
                         "-I FORWARD -j cali-FORWARD\n"
                         "COMMIT\n"
                         "END\n");
        });
    });
}

void restoreAgainAndAgain(Deeds& deeds, const std::string& file)
{
    every(milliseconds{10}, deeds, [&] {
        deeds.account([&] { return shell("exec iptables-restore < " + file); });
    });
}

} // namespace fwdguard::fire
