// SPDX-License-Identifier: GPL-2.0-or-later
// One large load and deletion of foreign rules: one wake-up each, however many rules they are.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/process.hpp"
#include "bench/table.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

std::string ruleset(int rules)
{
    std::string text = "table inet foreign {\nchain c {\n";
    for (int i = 0; i < rules; ++i)
        text += "ip saddr 10." + std::to_string(i / 65536) + '.' + std::to_string(i / 256 % 256) +
                '.' + std::to_string(i % 256) + " counter\n";
    return text + "}\n}\n";
}

} // namespace

json foreignLoad(const Settings& settings)
{
    const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration);
    Samples idle;
    flushRepeatedly(100, rested, idle);
    const ScratchFile foreign(ruleset(100'000));
    // Several times: what the kernel frees after a deletion, it frees at the cost of whoever runs.
    Samples spent;
    for (int load = 0; load < 5; ++load) {
        usleep(200'000);
        const auto before = daemon.cpu();
        must("nft -f " + foreign.path().string());
        must("nft delete table inet foreign");
        usleep(20'000);
        spent.add(daemon.cpu() - before);
    }
    Samples after;
    flushRepeatedly(100, rested, after);
    const auto log = daemon.log();
    const auto overruns = std::ranges::count_if(log, [](const std::string& line) {
        return line.find("overrun") != std::string::npos || line.find("lost") != std::string::npos;
    });
    std::printf(
        "100,000 foreign rules loaded and deleted: %.2f ms of CPU (at most %.2f), %ld overruns; "
        "flush to repair p50 %.1f us before, %.1f us after\n\n",
        spent.quantile(0.5) / 1000,
        spent.quantile(1) / 1000,
        static_cast<long>(overruns),
        idle.quantile(0.5),
        after.quantile(0.5));
    return {
        {"cpu_ms", spent.quantile(0.5) / 1000},
        {"cpu_ms_max", spent.quantile(1) / 1000},
        {"overruns", overruns},
        {"p50_us_before", idle.quantile(0.5)},
        {"p50_us_after", after.quantile(0.5)},
    };
}

} // namespace fwdguard::bench
