// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/fire/opponent.hpp"

#include "bench/sockets.hpp"
#include "netns/fire/batches.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

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
    return std::system(command.c_str()) == 0; // NOLINT(concurrency-mt-unsafe): it is, in glibc
}

/// As iptables-save tells it.
std::string firstOfForward()
{
    FILE* const saved = popen("exec iptables-save -t filter", "r");
    std::array<char, 256> line{};
    std::string first;
    while (std::fgets(line.data(), line.size(), saved) != nullptr)
        if (first.empty() && std::string_view{line.data()}.starts_with("-A FORWARD"))
            first = line.data();
    pclose(saved);
    return first;
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
    std::int64_t before = longest;
    while (before < took.count() && !longest.compare_exchange_weak(before, took.count())) {
    }
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
    every(milliseconds{20}, deeds, [&] {
        if (firstOfForward().ends_with("-j cali-FORWARD\n"))
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
    constexpr int loops = 2;
    std::vector<std::future<void>> all;
    for (int i = 0; i < loops; ++i)
        all.push_back(std::async(std::launch::async, [&] {
            every(loops * milliseconds{10}, deeds, [&] {
                deeds.account([&] { return shell("exec iptables-restore < " + file); });
            });
        }));
    for (std::future<void>& loop : all)
        loop.get();
}

void guardOtherwise(Deeds& deeds, const test::Scratch& scratch, const std::string& configuration)
{
    test::DaemonProcess daemon(scratch, {"--config", configuration});
    if (!daemon.notified("READY=1"))
        throw std::runtime_error("the second fwd-guard does not start");
    deeds.guard = daemon.pid();
    while (!deeds.peace)
        test::pause();
    daemon.signal(SIGTERM);
    if (daemon.exitStatus() != 0)
        ++deeds.failed;
    const std::string log = daemon.log();
    for (auto at = log.find(": altered in "); at != std::string::npos;
         at = log.find(": altered in ", at + 1))
        ++deeds.done;
}

} // namespace fwdguard::fire
