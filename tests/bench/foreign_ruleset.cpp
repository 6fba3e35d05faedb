// SPDX-License-Identifier: GPL-2.0-or-later
// What others have in tables of theirs is to cost nothing, however much it is. Guarded at the same
// time: a network namespace with so many rules, and one without; they take turns.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/process.hpp"
#include "bench/scheduling.hpp"
#include "bench/table.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

/// In a table that has packets to judge, through jumps.
void loadTable(std::size_t rules)
{
    constexpr std::size_t chainLength = 10'000;
    must("nft 'add table ip foreign; add chain ip foreign f "
         "{ type filter hook forward priority 10; }'");
    for (std::size_t done = 0; done < rules; done += chainLength) {
        const std::string chain = "c" + std::to_string(done / chainLength);
        must("nft 'add chain ip foreign " + chain + "; add rule ip foreign f jump " + chain + "'");
        loadForeign({"foreign", chain}, std::min(chainLength, rules - done));
    }
}

/// Waits until a daemon just started has looked everywhere for rules that are no longer declared,
/// which it does behind everything else. Returns how long that took.
std::chrono::nanoseconds comeToRest(const Restorer& daemon)
{
    using Clock = std::chrono::steady_clock;
    constexpr auto quiet = std::chrono::milliseconds{300};
    const auto start = Clock::now();
    auto busy = start;
    for (auto cpu = daemon.cpu(); Clock::now() - busy < quiet;) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
        if (std::exchange(cpu, daemon.cpu()) != daemon.cpu())
            busy = Clock::now();
    }
    return busy - start;
}

} // namespace

json foreignRuleset(const Settings& settings)
{
    constexpr int rounds = 10;
    const int times = std::max(settings.flushes / rounds / 5, 5);
    json result = json::array();
    std::printf(
        "%-34s %6s %10s %10s %10s %10s %10s\n",
        "flush to repair, rules elsewhere",
        "times",
        "none p50",
        "so many",
        "p50 x",
        "READY ms",
        "rest ms");
    for (const std::size_t rules : {0, 10'000, 100'000, 500'000}) {
        const Namespace empty;
        const Namespace loaded;
        loadTable(rules);
        Samples without;
        Samples with;
        Samples starts;
        Samples rests;
        const OneProcessor pinned;
        for (int round = 0; round < rounds; ++round)
            for (const bool full : {round % 2 == 0, round % 2 != 0}) {
                (full ? loaded : empty).enter();
                const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration);
                const auto rest = comeToRest(daemon);
                flushRepeatedly(times, rested, full ? with : without);
                if (!full)
                    continue;
                starts.add(daemon.startUp());
                rests.add(rest);
            }
        const double ratio = with.quantile(0.5) / without.quantile(0.5);
        std::printf(
            "%-34zu %6zu %10.1f %10.1f %10.2f %10.1f %10.1f\n",
            rules,
            with.count(),
            without.quantile(0.5),
            with.quantile(0.5),
            ratio,
            starts.quantile(0.5) / 1000,
            rests.quantile(0.5) / 1000);
        std::fflush(stdout);
        result.push_back({
            {"rules", rules},
            {"count", with.count()},
            {"p50_us_none", without.quantile(0.5)},
            {"p50_us", with.quantile(0.5)},
            {"p99_us_none", without.quantile(0.99)},
            {"p99_us", with.quantile(0.99)},
            {"p50_ratio", ratio},
            {"ready_ms", starts.quantile(0.5) / 1000},
            {"rest_ms", rests.quantile(0.5) / 1000},
        });
    }
    std::printf("\n");
    return result;
}

} // namespace fwdguard::bench
