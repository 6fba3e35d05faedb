// SPDX-License-Identifier: GPL-2.0-or-later
// Flushed by commands that exit: their last act closes a netlink socket, and that can keep the next
// commit waiting.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/table.hpp"

#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include <unistd.h>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

/// "… back at head after 41 us", "2.3 ms", "14 s": the daemon's own measure, in its own words.
std::optional<std::chrono::nanoseconds> exposureIn(const std::string& line)
{
    const std::string before = " after ";
    const std::size_t at = line.rfind(before);
    if (line.find("deleted from") == std::string::npos || at == std::string::npos)
        return std::nullopt;
    char unit[3] = {};
    double value = 0;
    if (std::sscanf(line.c_str() + at + before.size(), "%lf %2s", &value, unit) != 2)
        return std::nullopt;
    const std::string word = unit;
    const double scale = word == "us" ? 1e3 : word == "ms" ? 1e6 : 1e9;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(value * scale));
}

void exposuresToCommands(const Restorer& restorer, int commands, Samples& exposures)
{
    const std::size_t before = exposures.count();
    for (int i = 0; i < commands; ++i) {
        must("iptables -F FORWARD");
        usleep(5000);
    }
    for (const std::string& line : restorer.log())
        if (line.find("to-docker0: ") != std::string::npos)
            if (const auto exposure = exposureIn(line))
                exposures.add(*exposure);
    if (exposures.count() == before)
        throw std::runtime_error("the log tells of no repair");
}

struct Level {
    const char* name;
    Scheduling scheduling;
    Samples exposures{};
    std::chrono::nanoseconds kept{};
};

} // namespace

json commands(const Settings& settings)
{
    Samples floor;
    Committer().commit(insertBatch()); // the flush of an empty chain is not announced
    {
        const Restorer blind = Restorer::blind();
        exposuresToCommands(blind, settings.commands, floor);
    }
    must("iptables -F FORWARD");
    Samples guard;
    const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration);
    exposuresToCommands(daemon, settings.commands, guard);
    printHeader("iptables -F FORWARD, heard to acked");
    json result = json::array({row("floor (blind re-insert)", floor), row("fwd-guard", guard)});
    printRatio(floor, guard);
    return result;
}

json niceLevels(const Settings& settings)
{
    std::array<Level, 5> levels{{
        {"nice 0", {.nice = 0}},
        {"nice -10", {.nice = -10}},
        {"nice -20", {.nice = -20}},
        {"SCHED_RR 1", {.nice = 0, .policy = SCHED_RR, .priority = 1}},
        {"SCHED_FIFO 1", {.nice = 0, .policy = SCHED_FIFO, .priority = 1}},
    }};
    constexpr int rounds = 5;
    for (int round = 0; round < rounds; ++round)
        for (Level& level : levels) {
            const Restorer daemon =
                Restorer::guard(settings.daemon, settings.configuration, level.scheduling);
            const auto before = daemon.kept();
            exposuresToCommands(daemon, settings.commands / rounds, level.exposures);
            level.kept += daemon.kept() - before;
        }
    printHeader("the same, by scheduling");
    json result = json::array();
    for (const Level& level : levels) {
        json figures = row(level.name, level.exposures);
        const double late = 100 * level.exposures.above(std::chrono::milliseconds(1));
        const double kept = std::chrono::duration<double, std::micro>(level.kept).count() /
                            static_cast<double>(level.exposures.count());
        std::printf("    above 1 ms %.1f %%, kept from running %.1f us a repair\n", late, kept);
        figures["above_1ms_percent"] = late;
        figures["kept_us"] = kept;
        result.push_back(figures);
    }
    std::printf("\n");
    return result;
}

} // namespace fwdguard::bench
