// SPDX-License-Identifier: GPL-2.0-or-later
// Flush to repair on a legacy table, heard over the audit stream: ours (look, decide, replace)
// against the floor (replace blindly on the same event), flushes taking turns in one run. A child
// process flushes under the xtables lock and notes the time at which the kernel had done it. Floor
// and ours are scheduled as the unit schedules fwd-guard.
//
// Usage: xtables_bench [FLUSHES [FOREIGN_RULES]]; needs root; switches the kernel's audit on for
// the run.
#include "bench/scheduling.hpp"
#include "support/plan.hpp"
#include "xtables/backend.hpp"
#include "xtables/encode.hpp"
#include "xtables/table.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

using namespace fwdguard;
using fwdguard::test::insertRule;
using namespace fwdguard::xtables;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

const ChainId forward{Family::ip, "filter", "FORWARD"};
const RuleKey key{"bench", Family::ip};

/// Shared with the flushing child.
struct Shared {
    std::atomic<int> wanted{0};
    std::atomic<Clock::rep> flushedAt{0};
};

[[noreturn]] void flushForEver(Shared& shared)
{
    TableLists lists;
    for (int done = 0;; ++done) {
        while (shared.wanted.load() == done)
            ::usleep(200);
        const auto lock = acquireLock(defaultLockFile(), 1s);
        auto opened = openTable(lists, {Family::ip, "filter"});
        auto& table = *std::get<std::unique_ptr<Table>>(opened);
        (void)table.remove("FORWARD", 0);
        (void)table.commit();
        shared.flushedAt = Clock::now().time_since_epoch().count();
    }
}

bool repair(Backend& backend)
{
    const auto looked = backend.snapshot(forward, false);
    const auto* const snapshot = std::get_if<Snapshot>(&looked);
    if (snapshot == nullptr || !snapshot->tagged.empty())
        return false;
    const Plan plan{insertRule(forward, key, {}, {}, AtHead{})};
    return std::holds_alternative<Committed>(backend.commit(plan, snapshot->generation));
}

bool insertBlindly(TableLists& lists, const std::vector<std::byte>& entry)
{
    const auto lock = acquireLock(defaultLockFile(), 1s);
    auto opened = openTable(lists, {Family::ip, "filter"});
    auto& table = *std::get<std::unique_ptr<Table>>(opened);
    return !table.insert("FORWARD", 0, entry) && !table.commit();
}

/// Waits for the flush's announcement; false after a second without one.
bool heard(Backend& backend)
{
    for (pollfd ready{backend.eventFd(), POLLIN, 0}; ::poll(&ready, 1, 1000) > 0;)
        if (backend.changes().foreign())
            return true;
    return false;
}

void print(const char* name, std::vector<double>& times)
{
    if (times.empty())
        return;
    std::sort(times.begin(), times.end());
    const auto at = [&times](double part) {
        return times[std::min(
            times.size() - 1, static_cast<std::size_t>(part * static_cast<double>(times.size())))];
    };
    std::printf(
        "%-6s n=%zu  p50 %8.1f us  p90 %8.1f us  p99 %8.1f us  max %8.1f us\n",
        name,
        times.size(),
        at(0.5),
        at(0.9),
        at(0.99),
        times.back());
}

void fill(int rules)
{
    if (rules == 0) {
        (void)!std::system("iptables-legacy -L -n >/dev/null");
        return;
    }
    const std::string script =
        "{ echo '*filter'; for i in $(seq 1 " + std::to_string(rules) +
        "); do echo \"-A FORWARD -s 10.$((i/65536)).$((i/256%256)).$((i%256)) "
        "-j DROP\"; done; echo COMMIT; } | iptables-legacy-restore";
    (void)!std::system(script.c_str());
}

void measure(AuditStream stream, Shared& shared, int flushes)
{
    Backend backend{{}, std::move(stream)};
    const auto entry = *encode(key, {}, {});
    TableLists lists;
    (void)repair(backend);
    ::usleep(100'000);
    (void)backend.changes();
    std::printf("watch: %s\n", std::string{toString(backend.watch().mode)}.c_str());

    std::vector<double> ours;
    std::vector<double> floor;
    for (int i = 0; i < 2 * flushes; ++i) {
        const bool blind = i % 2 == 0;
        ++shared.wanted;
        if (!heard(backend) || !(blind ? insertBlindly(lists, entry) : repair(backend))) {
            std::printf("flush %d was not repaired\n", i);
            return;
        }
        const auto end = Clock::now().time_since_epoch().count();
        while (shared.flushedAt.load() == 0)
            ::usleep(10);
        (blind ? floor : ours)
            .push_back(static_cast<double>(end - shared.flushedAt.exchange(0)) / 1000.0);
        ::usleep(2000);
        (void)backend.changes();
    }
    print("floor", floor);
    print("ours", ours);
}

} // namespace

int main(int argc, char** argv)
{
    const int flushes = argc > 1 ? std::atoi(argv[1]) : 300;
    const int rules = argc > 2 ? std::atoi(argv[2]) : 0;
    std::error_code error;
    const auto previous = auditEnabled(error);
    if (!previous || setAuditEnabled(true)) {
        std::printf("skipped: the kernel's audit cannot be set\n");
        return 77;
    }
    auto stream = openAuditStream();
    auto* const shared = new (::mmap(
        nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Shared;
    ::setenv("XTABLES_LOCKFILE", "/tmp/fwd-guard-bench.lock", 1);
    int status = 1;
    if (::unshare(CLONE_NEWNET) == 0) {
        fill(rules);
        const bench::OneProcessor pinned;
        const pid_t flusher = ::fork();
        if (flusher == 0) {
            ::setsid(); // a scheduling group of its own
            flushForEver(*shared);
        }
        if (!bench::schedule({}))
            std::perror("scheduling");
        measure(std::move(stream), *shared, flushes);
        ::kill(flusher, SIGKILL);
        ::waitpid(flusher, nullptr, 0);
        status = 0;
    }
    ::unlink("/tmp/fwd-guard-bench.lock");
    (void)setAuditEnabled(*previous);
    return status;
}
