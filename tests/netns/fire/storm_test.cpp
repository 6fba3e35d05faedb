// SPDX-License-Identifier: GPL-2.0-or-later
// More changes than anybody can look at one by one, while FORWARD is flushed, and announcements
// that are lost. FWDGUARD_STORM=1000000 makes so many small transactions, CONTRIBUTING.md says how.
#include "netns/daemon/daemon_process.hpp"
#include "netns/fire/batches.hpp"
#include "netns/fire/loss.hpp"
#include "netns/fire/proc.hpp"
#include "nft/watch.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>

using namespace fwdguard::fire;
using namespace fwdguard::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t foreignRules = 50;
constexpr std::uint32_t bigTransaction = 10'000;

/// Flushes without end are no contest here: what is measured is what a repair takes.
constexpr const char* pacing = R"({"pacing":{"burst":1000000,"window":"1s","max_delay":"10ms"}})";

std::uint32_t smallTransactions()
{
    const char* const wanted = std::getenv("FWDGUARD_STORM"); // NOLINT(concurrency-mt-unsafe)
    return wanted != nullptr ? static_cast<std::uint32_t>(std::stoul(wanted)) : 50'000;
}

/// A guarded FORWARD of 50 foreign rules, and a chain of others that nobody guards.
struct Field {
    FreshNetns netns;
    Scratch scratch;
    Writer owner; ///< of the foreign rules
    Batch flush = Batch{}.flush("FORWARD").finish();
    Batch fill = Batch{}.append("FORWARD", 1, foreignRules).finish();
    Batch refill = Batch{}.flush("FORWARD").append("FORWARD", 1, foreignRules).finish();
    std::unique_ptr<DaemonProcess> daemon;

    Field()
    {
        must("iptables -P FORWARD DROP && iptables -N storm");
        owner.commit(fill);
        const auto shipped =
            scratch.write("main.json", must("cat " FWDGUARD_SHIPPED_CONFIGURATION));
        scratch.write("conf.d/pacing.json", pacing);
        daemon =
            std::make_unique<DaemonProcess>(scratch, std::vector<std::string>{"--config", shipped});
        REQUIRE(daemon->logged("guards 2 rules"));
        REQUIRE(must("iptables -S FORWARD") == expected());
    }

    static std::string expected()
    {
        return "-P FORWARD DROP\n"
               "-A FORWARD ! -i docker0 -o docker0 -m comment --comment \"fwd-guard:to-docker0\" "
               "-j ACCEPT\n"
               "-A FORWARD -i docker0 ! -o docker0 -m comment --comment \"fwd-guard:from-docker0\" "
               "-j ACCEPT\n" +
               marksOf("FORWARD", 1, foreignRules);
    }

    /// Flushes FORWARD and fills it again until the other is done.
    std::size_t flushUntil(std::future<void>& other)
    {
        std::size_t flushes = 0;
        for (; other.wait_for(1ms) != std::future_status::ready; ++flushes) {
            owner.commit(flush);
            owner.commit(fill);
        }
        other.get();
        return flushes;
    }

    /// How long after `blow`, with which quiet returns, everything is in place. What counts is when
    /// the kernel announces the commit that did it: iptables takes its time to show it.
    Clock::duration recovery(const std::function<void()>& blow) const
    {
        fwdguard::nft::Watch watch{{}};
        blow();
        const auto quiet = Clock::now();
        auto last = quiet;
        std::string now;
        while (now != expected() && Clock::now() < quiet + 10s) {
            pollfd wait{.fd = watch.fd(), .events = POLLIN, .revents = 0};
            if (poll(&wait, 1, 100) <= 0)
                continue;
            last = Clock::now();
            if (!watch.take(owner.port()).foreign())
                continue;
            now = must("iptables -S FORWARD");
            if (watch.take(owner.port()).foreign()) // and it may have seen what that did
                last = Clock::now();
        }
        std::cout << "in place " << std::chrono::duration<double, std::milli>(last - quiet).count()
                  << " ms after quiet returned" << std::endl;
        CHECK(now == expected());
        return last - quiet;
    }

    Clock::duration lastBlow()
    {
        return recovery([this] { owner.commit(refill); });
    }

    [[nodiscard]] bool overrun() const
    {
        return daemon->log().find("the kernel dropped announcements (1 time so far)") !=
               std::string::npos;
    }
};

/// Adds a rule a transaction; the chain stays short.
void storm(std::uint32_t transactions)
{
    Writer writer;
    const Batch add = Batch{}.append("storm", 7, 1).finish();
    const Batch flush = Batch{}.flush("storm").finish();
    for (std::uint32_t i = 0; i < transactions; ++i)
        writer.commit(i % 100 == 99 ? flush : add);
}

std::future<void> stormBeside(std::uint32_t transactions)
{
    return std::async(std::launch::async, storm, transactions);
}

std::future<void> bigStormBeside(int rounds)
{
    return std::async(std::launch::async, [rounds] {
        Writer writer;
        const Batch add = Batch{}.append("storm", 1, bigTransaction).finish();
        const Batch flush = Batch{}.flush("storm").finish();
        for (int i = 0; i < rounds; ++i) {
            writer.commit(add);
            writer.commit(flush);
        }
        writer.commit(add);
    });
}

/// `storm` returns how long the recovery took. 50 ms at most, and where the first one took longer,
/// two more storms, smaller ones, may show that it was not the daemon: who is slow is so behind
/// each of them, and a busy machine keeps a process waiting for so long now and then.
void checkRecovery(const std::function<Clock::duration(bool first)>& storm)
{
    constexpr auto bound = 50ms;
    Clock::duration best = storm(true);
    for (int more = 0; more < 2 && best > bound; ++more)
        best = std::min(best, storm(false));
    CHECK(best <= bound);
}

} // namespace

TEST_CASE("after a million rule changes in transactions of 10,000, while FORWARD is flushed, each "
          "rule is there once and each foreign one as its owner left it")
{
    Field field;
    checkRecovery([&](bool first) {
        const int rounds = first ? 50 : 5;
        must("iptables -F storm");
        std::future<void> big = bigStormBeside(rounds);
        std::cout << field.flushUntil(big) << " flushes beside "
                  << (2 * rounds + 1) * bigTransaction << " changes" << std::endl;
        const auto took = field.lastBlow();
        CHECK(must("iptables -S storm") == "-N storm\n" + marksOf("storm", 1, bigTransaction));
        return took;
    });
}

TEST_CASE(
    "a storm of small transactions, while FORWARD is flushed, leaves each rule there once, and "
    "memory flat")
{
    Field field;
    std::future<void> warmUp = stormBeside(10'000);
    field.flushUntil(warmUp);
    field.lastBlow();
    checkRecovery([&](bool first) {
        const std::int64_t before = rssOf(field.daemon->pid());
        const auto spent = cpuOf(field.daemon->pid());
        const std::uint32_t count = first ? smallTransactions() : 10'000;
        std::future<void> small = stormBeside(count);
        const std::size_t flushes = field.flushUntil(small);
        const auto took = field.lastBlow();
        const std::int64_t grown = rssOf(field.daemon->pid()) - before;
        const double cpu =
            std::chrono::duration<double, std::micro>(cpuOf(field.daemon->pid()) - spent).count();
        std::cout << count << " small transactions, " << flushes << " flushes: RSS of " << before
                  << " KiB changed by " << grown << " KiB; " << cpu / count << " us of CPU each"
                  << std::endl;
        CHECK(std::abs(grown) <= 256);
        return took;
    });
}

TEST_CASE("with room for hardly an announcement the losses are counted, and nothing is missed")
{
    Field field;
    WatchSocketOf(field.daemon->pid()).setReceiveBuffer(1); // the kernel makes it its minimum
    checkRecovery([&](bool first) {
        std::future<void> small = stormBeside(first ? 20'000 : 5'000);
        field.flushUntil(small);
        return field.lastBlow();
    });
    CHECK(eventually([&] { return field.overrun(); }));
}

TEST_CASE("without the filter a storm of big transactions overruns it, and nothing is missed")
{
    Field field;
    WatchSocketOf(field.daemon->pid()).detachFilter();
    checkRecovery([&](bool first) {
        std::future<void> big = std::async(std::launch::async, [first] {
            Writer writer;
            const Batch change = Batch{}
                                     .append("storm", 1, bigTransaction)
                                     .flush("storm")
                                     .append("storm", 1, 1)
                                     .finish();
            for (int i = 0; i < (first ? 20 : 5); ++i)
                writer.commit(change);
        });
        field.flushUntil(big);
        return field.lastBlow();
    });
    CHECK(eventually([&] { return field.overrun(); }));
}

TEST_CASE("stopped for ten seconds of a storm, it counts what it could not hear as one overrun and "
          "puts everything right")
{
    const std::size_t fit = [] {
        const FreshNetns netns;
        must("iptables -N storm");
        must("iptables -P FORWARD ACCEPT");
        return announcementsThatFit();
    }();
    std::cout << fit << " announcements fit into the receive buffer" << std::endl;
    Field field;
    checkRecovery([&](bool first) {
        field.daemon->signal(SIGSTOP);
        const auto stopped = Clock::now();
        std::future<void> small = stormBeside(static_cast<std::uint32_t>(2 * fit));
        field.flushUntil(small);
        field.owner.commit(field.refill);
        std::this_thread::sleep_until(stopped + (first ? 10s : 0s));
        CHECK(must("iptables -S FORWARD").find("fwd-guard:") == std::string::npos);
        const auto took = field.recovery([&] { field.daemon->signal(SIGCONT); });
        if (first) {
            CHECK(eventually([&] { return field.overrun(); }));
            CHECK(field.daemon->log().find("(2 times so far)") == std::string::npos);
        }
        return took;
    });
}
