// SPDX-License-Identifier: GPL-2.0-or-later
// Flush to repair on a legacy table. Heard over the audit stream, flushes taking turns in one run:
// the floor (replace blindly on the event), look, decide and replace, and the daemon. And what only
// the daemon's polling can notice. All but the flusher are scheduled as the unit schedules
// fwd-guard.
//
// Usage: xtables_bench [FLUSHES [FOREIGN_RULES]]; needs root; switches the kernel's audit on for
// the run.
#include "bench/scheduling.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "netns/legacy/audit_setting.hpp"
#include "netns/legacy/bench/flusher.hpp"
#include "support/plan.hpp"
#include "xtables/backend.hpp"
#include "xtables/encode.hpp"
#include "xtables/table.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

using namespace fwdguard;
using namespace fwdguard::xtables;
using namespace std::chrono_literals;

namespace {

const ChainId forward{Family::ip, "filter", "FORWARD"};
const RuleKey key{"bench", Family::ip};

/// What the daemon's configuration says as well.
RuleBody body()
{
    RuleBody body;
    body.match.outInterface = InterfaceMatch{.name = "eth7"};
    return body;
}

std::string configuration(const std::string& legacy)
{
    return R"({"backend":"legacy","legacy":{)" + legacy + R"(},
        "pacing":{"burst":1000000,"window":"1s","max_delay":"10ms"},
        "rules":[{"id":"bench","family":"ip","table":"filter","chain":"FORWARD",
                  "match":{"out_interface":"eth7"},"verdict":"accept"}]})";
}

/// The network namespace of the tables: this process is in it, the daemon outside.
class Place {
  public:
    Place() : home_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC))
    {
        if (::unshare(CLONE_NEWNET) != 0)
            throw std::runtime_error("no network namespace of our own: run it as root");
        ::setenv("XTABLES_LOCKFILE", lock().c_str(), 1);
    }

    [[nodiscard]] std::filesystem::path lock() const { return scratch_.path() / "lock"; }
    [[nodiscard]] std::filesystem::path otherLock() const { return scratch_.path() / "other"; }

    /// Returns when it guards and its log says this.
    [[nodiscard]] std::unique_ptr<test::DaemonProcess>
    daemon(const std::string& legacy, const std::string& until) const
    {
        const std::string us = "/proc/" + std::to_string(::getpid());
        const auto file = scratch_.write("c.json", configuration(legacy));
        auto daemon = std::make_unique<test::DaemonProcess>(
            scratch_,
            std::vector<std::string>{"--config", file, "--netns", us + "/ns/net"},
            test::DaemonProcess::Environment{},
            std::vector<std::string>{
                "nsenter",
                "--net=" + us + "/fd/" + std::to_string(home_),
                "setsid",
                "nice",
                "-n",
                "-20",
                FWDGUARD_DAEMON});
        if (!daemon->notified("READY=1") || !daemon->logged(until))
            throw std::runtime_error("the daemon does not guard:\n" + daemon->log());
        std::ofstream("/proc/" + std::to_string(daemon->pid()) + "/autogroup") << -20;
        return daemon;
    }

  private:
    test::Scratch scratch_;
    int home_;
};

bool repair(Backend& backend)
{
    const auto looked = backend.snapshot(forward, false);
    const auto* const snapshot = std::get_if<Snapshot>(&looked);
    if (snapshot == nullptr || !snapshot->tagged.empty())
        return false;
    const Plan plan{test::insertRule(forward, key, body(), {}, AtHead{})};
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

void print(const char* name, std::vector<double> times)
{
    std::sort(times.begin(), times.end());
    const auto at = [&times](double part) {
        return times[std::min(
            times.size() - 1, static_cast<std::size_t>(part * static_cast<double>(times.size())))];
    };
    std::printf(
        "%-22s n=%zu  p50 %8.1f us  p90 %8.1f us  p99 %8.1f us  max %8.1f us\n",
        name,
        times.size(),
        at(0.5),
        at(0.9),
        at(0.99),
        times.back());
}

void fill(int rules)
{
    const std::string script =
        "{ echo '*filter'; for i in $(seq 1 " + std::to_string(rules) +
        "); do echo \"-A FORWARD -s 10.$((i/65536)).$((i/256%256)).$((i%256)) "
        "-j DROP\"; done; echo COMMIT; } | iptables-legacy-restore";
    if (std::system(script.c_str()) != 0)
        throw std::runtime_error("iptables-legacy-restore failed");
}

double repaired(const bench::Flusher& flusher)
{
    const auto time = flusher.repaired();
    if (!time)
        throw std::runtime_error("a flush was not repaired");
    return *time;
}

/// One flush that `respond` answers as soon as it is heard of.
template <class Response>
double once(const bench::Flusher& flusher, Backend& backend, Response respond)
{
    flusher.flush();
    if (!heard(backend) || !respond())
        throw std::runtime_error("a flush was not answered");
    const double time = repaired(flusher);
    ::usleep(2000);
    (void)backend.changes();
    return time;
}

/// One flush that the daemon answers; it sleeps while others have their turn.
double once(const bench::Flusher& flusher, Backend& backend, const test::DaemonProcess& daemon)
{
    daemon.signal(SIGCONT);
    ::usleep(5000); // for what it has to catch up with
    flusher.flush();
    const double time = repaired(flusher);
    ::usleep(5000); // for its look and its report
    daemon.signal(SIGSTOP);
    (void)backend.changes();
    return time;
}

void measureEvents(const Place& place, AuditStream stream, int flushes)
{
    const auto daemon = place.daemon(R"("watch":"auto")", "legacy tables: audit");
    const bench::Flusher flusher(place.lock(), place.lock());
    Backend backend{{}, std::move(stream)};
    (void)backend.snapshot(forward, false);
    daemon->signal(SIGSTOP);
    const auto entry = *encode(key, body(), {});
    TableLists lists;
    std::vector<double> floor;
    std::vector<double> ours;
    std::vector<double> guarded;
    for (int i = 0; i < flushes; ++i) {
        floor.push_back(once(flusher, backend, [&] { return insertBlindly(lists, entry); }));
        ours.push_back(once(flusher, backend, [&] { return repair(backend); }));
        guarded.push_back(once(flusher, backend, *daemon));
    }
    std::printf(
        "over the audit stream (%s)\n", std::string{toString(backend.watch().mode)}.c_str());
    print("floor", std::move(floor));
    print("look, decide, replace", std::move(ours));
    print("fwd-guard", std::move(guarded));
}

void measurePolling(const Place& place, int flushes)
{
    constexpr auto interval = 200ms;
    const auto daemon =
        place.daemon(R"("watch":"poll","poll_interval":"200ms")", "legacy tables: polling");
    const bench::Flusher flusher(place.otherLock(), place.lock());
    double worst = 0;
    for (int i = 0; i < flushes; ++i) {
        ::usleep(static_cast<useconds_t>(std::rand() % (interval / 1us)));
        flusher.flush();
        worst = std::max(worst, repaired(flusher));
    }
    std::printf(
        "polling every %d ms, flushed under another lock: n=%d, worst %.1f ms, over the interval "
        "by %.1f ms\n",
        static_cast<int>(interval.count()),
        flushes,
        worst / 1e3,
        worst / 1e3 - static_cast<double>(interval.count()));
}

void run(int flushes, int rules)
{
    std::optional<legacy::AuditSetting> on(true);
    auto stream = openAuditStream(); // in the namespace that it comes to
    const Place place;
    fill(rules);
    const bench::OneProcessor pinned;
    if (!bench::schedule({}))
        std::perror("scheduling");
    measureEvents(place, std::move(stream), flushes);
    on.reset();
    const legacy::AuditSetting off(false); // what polls listens all the same
    measurePolling(place, 50);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        run(argc > 1 ? std::atoi(argv[1]) : 300, argc > 2 ? std::atoi(argv[2]) : 0);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "xtables_bench: %s\n", error.what());
        return 1;
    }
}
