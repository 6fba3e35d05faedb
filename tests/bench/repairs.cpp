// SPDX-License-Identifier: GPL-2.0-or-later
// The headline: the floor, fwd-guard, and what people use today.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/scheduling.hpp"
#include "bench/table.hpp"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

json compareWithFloor(
    const Settings& settings, const std::string& when, std::chrono::microseconds rest)
{
    constexpr int rounds = 10;
    Turns turns;
    turns.take(
        rounds,
        [] { return Restorer::blind(); },
        [&] { return Restorer::guard(settings.daemon, settings.configuration); },
        [&](Samples& samples) { flushRepeatedly(settings.flushes / rounds, rest, samples); });
    printHeader("flush to repair, " + when);
    json rows =
        json::array({row("floor (blind re-insert)", turns.floor), row("fwd-guard", turns.guard)});
    printRatio(turns.floor, turns.guard);
    return rows;
}

/// A script does what the floor and fwd-guard do, with two commands and so two transactions for
/// each flush.
constexpr int scriptCommits = 2;

std::string bothRules(const std::string& when)
{
    return when +
           "; do for rule in '! -i docker0 -o docker0' '-i docker0 ! -o docker0'; do "
           "iptables -C FORWARD $rule -j ACCEPT || iptables -I FORWARD $rule -j ACCEPT; done; done";
}

/// Until a script has read all that its own commands were announced with, and is asleep again.
constexpr std::chrono::milliseconds scriptRests{200};

/// By flannel's way nobody looks for 5 s: the flushes are spread over these.
json poll()
{
    constexpr int flushes = 5;
    constexpr auto interval = std::chrono::seconds(5);
    Samples samples;
    const Restorer loop = Restorer::shell(bothRules("while sleep 5"));
    for (int i = 0; i < flushes; ++i) {
        Samples one;
        usleep(static_cast<useconds_t>((2 * i + 1) * 1'000'000L * interval.count() / flushes / 2));
        flushRepeatedly(1, std::chrono::microseconds(0), one, {}, scriptCommits);
        samples.add(one);
    }
    return row("poll, iptables -C every 5 s", samples);
}

} // namespace

json repairs(const Settings& settings)
{
    json result;
    {
        const OneProcessor pinned;
        result["warm"] = compareWithFloor(settings, "every 0.3 ms", warm);
        result["rested"] = compareWithFloor(settings, "every 3 ms", rested);
    }
    Samples shell;
    {
        const Restorer loop = Restorer::shell(bothRules("nft monitor | while read -r _"));
        flushRepeatedly(std::max(settings.flushes / 20, 5), scriptRests, shell, {}, scriptCommits);
    }
    result["shell"] = row("nft monitor | while read; iptables", shell);
    result["poll"] = poll();
    const double guard = result["rested"][1]["p50_us"];
    std::printf(
        "faster than the shell loop %.0f times, than the poll %.0f times\n\n",
        result["shell"]["p50_us"].get<double>() / guard,
        result["poll"]["p50_us"].get<double>() / guard);
    return result;
}

} // namespace fwdguard::bench
