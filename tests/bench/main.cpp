// SPDX-License-Identifier: GPL-2.0-or-later
// How fast the rules are back, against the floor (re-insert without looking) and against what
// people use today, all within one run and one network namespace; and what the daemon costs
// otherwise. Run by tests/bench/run.sh.
#include "bench/restorer.hpp"
#include "bench/ruleset.hpp"
#include "bench/samples.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sched.h>
#include <unistd.h>

namespace {

using namespace fwdguard::bench;
using namespace std::chrono_literals;
using nlohmann::json;

struct Settings {
    std::string daemon{};
    std::string configuration{};
    std::string output{};
    int flushes = 2000;
    int commands = 300;
    int idleSeconds = 60;
};

void must(const std::string& command)
{
    if (std::system(command.c_str()) != 0) // NOLINT(concurrency-mt-unsafe): one thread
        throw std::runtime_error("failed: " + command);
}

const std::string quiet = " >/dev/null 2>&1";

/// Flushes FORWARD and waits until somebody else has committed: how long that took.
void flushAndTime(Committer& flusher, Listener& listener, const Batch& flush, Samples& samples)
{
    while (listener.next(0ms)) {
        // what is left of earlier transactions
    }
    flusher.commit(flush);
    const Clock::time_point begin = Clock::now();
    const Clock::time_point giveUp = begin + 10s;
    while (Clock::now() < giveUp)
        if (const auto port = listener.next(1s); port && *port != flusher.port()) {
            samples.add(Clock::now() - begin);
            return;
        }
    throw std::runtime_error("the rules were not put back within 10 s");
}

/// Whoever restores comes to rest for a while between two flushes: the processor's caches are still
/// warm after 0.3 ms, and others have used them after 3.
constexpr auto warm = 300us;
constexpr auto rested = 3ms;

void flushRepeatedly(int times, std::chrono::microseconds rest, Samples& samples)
{
    Committer flusher;
    Listener listener;
    const Batch flush = flushBatch();
    flusher.commit(insertBatch()); // the flush of an empty chain is not announced
    usleep(50'000);
    for (int i = 0; i < times; ++i) {
        flushAndTime(flusher, listener, flush, samples);
        usleep(static_cast<useconds_t>(rest.count()));
    }
}

json row(const char* name, const Samples& samples)
{
    std::printf(
        "%-34s %6zu %10.1f %10.1f %10.1f\n",
        name,
        samples.count(),
        samples.quantile(0.5),
        samples.quantile(0.99),
        samples.quantile(1));
    std::fflush(stdout);
    return {
        {"name", name},
        {"count", samples.count()},
        {"p50_us", samples.quantile(0.5)},
        {"p99_us", samples.quantile(0.99)},
        {"max_us", samples.quantile(1)},
    };
}

void printHeader(const char* what)
{
    std::printf("%-34s %6s %10s %10s %10s\n", what, "times", "p50 us", "p99 us", "max us");
}

json compareWithFloor(const Settings& settings, const char* when, std::chrono::microseconds rest)
{
    // In turns, so that the machine's moods hit both alike.
    constexpr int rounds = 10;
    Samples floor;
    Samples guard;
    for (int round = 0; round < rounds; ++round) {
        {
            const Restorer blind = Restorer::blind();
            flushRepeatedly(settings.flushes / rounds, rest, floor);
        }
        const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration);
        flushRepeatedly(settings.flushes / rounds, rest, guard);
    }
    printHeader((std::string("flush to repair, ") + when).c_str());
    json rows = json::array({row("floor (blind re-insert)", floor), row("fwd-guard", guard)});
    std::printf(
        "fwd-guard / floor: p50 %.2f, p99 %.2f\n\n",
        guard.quantile(0.5) / floor.quantile(0.5),
        guard.quantile(0.99) / floor.quantile(0.99));
    return rows;
}

/// While it lives, this process and those it starts share one processor: otherwise it is the
/// scheduler's choice, now and then, to wake one that sleeps, which takes longer than a repair.
class OneProcessor {
  public:
    OneProcessor()
    {
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    OneProcessor(const OneProcessor&) = delete;
    OneProcessor& operator=(const OneProcessor&) = delete;
    ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }

  private:
    cpu_set_t before_{};
};

json compareRepairs(const Settings& settings)
{
    json result;
    {
        const OneProcessor pinned;
        result["warm"] = compareWithFloor(settings, "every 0.3 ms", warm);
        result["rested"] = compareWithFloor(settings, "every 3 ms", rested);
    }
    Samples shell;
    {
        const Restorer loop = Restorer::shell(
            "rule='FORWARD ! -i docker0 -o docker0 -j ACCEPT'; nft monitor | while read -r _; do "
            "iptables -C $rule || iptables -I $rule; done");
        flushRepeatedly(std::max(settings.flushes / 20, 5), rested, shell);
    }
    result["shell"] = row("nft monitor | while read; iptables", shell);
    std::printf("\n");
    return result;
}

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

Samples exposuresToCommands(const Restorer& restorer, int commands)
{
    for (int i = 0; i < commands; ++i) {
        must("iptables -F FORWARD");
        usleep(5000);
    }
    Samples exposures;
    for (const std::string& line : restorer.log())
        if (line.find("to-docker0: ") != std::string::npos)
            if (const auto exposure = exposureIn(line))
                exposures.add(*exposure);
    if (exposures.count() == 0)
        throw std::runtime_error("the log tells of no repair");
    return exposures;
}

json realCommands(const Settings& settings)
{
    Samples floor;
    {
        const Restorer blind = Restorer::blind();
        floor = exposuresToCommands(blind, settings.commands);
    }
    must("iptables -F FORWARD");
    const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration);
    const Samples guard = exposuresToCommands(daemon, settings.commands);
    printHeader("iptables -F FORWARD, heard to acked");
    json result = json::array({row("floor (blind re-insert)", floor), row("fwd-guard", guard)});
    std::printf("fwd-guard / floor: p50 %.2f\n\n", guard.quantile(0.5) / floor.quantile(0.5));
    return result;
}

/// A file of foreign rules for nft -f, gone with the object.
class Ruleset {
  public:
    explicit Ruleset(int rules)
    {
        std::ofstream out(file_);
        out << "table inet foreign {\nchain c {\n";
        for (int i = 0; i < rules; ++i)
            out << "ip saddr 10." << i / 65536 << '.' << i / 256 % 256 << '.' << i % 256
                << " counter\n";
        out << "}\n}\n";
    }
    Ruleset(const Ruleset&) = delete;
    Ruleset& operator=(const Ruleset&) = delete;
    ~Ruleset() { std::filesystem::remove(file_); }

    [[nodiscard]] std::string file() const { return file_; }

  private:
    std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                  ("fwd-guard-bench-" + std::to_string(getpid()) + ".nft");
};

json foreignLoad(const Settings& settings)
{
    const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration);
    Samples idle;
    flushRepeatedly(100, rested, idle);
    const Ruleset foreign(100'000);
    // Several times: what the kernel frees after a deletion, it frees at the cost of whoever runs.
    Samples spent;
    for (int load = 0; load < 5; ++load) {
        usleep(200'000);
        const auto before = daemon.cpu();
        must("nft -f " + foreign.file());
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
        "flush to repair p50 %.1f us before, %.1f us after\n",
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

json atRest(const Settings& settings)
{
    Samples starts;
    for (int i = 0; i < 10; ++i)
        starts.add(Restorer::guard(settings.daemon, settings.configuration).startUp());
    const Bus bus;
    const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration, bus.address());
    sleep(2); // until its name is acquired and all is published
    const auto wakeUps = daemon.statusOf("voluntary_ctxt_switches");
    sleep(static_cast<unsigned>(settings.idleSeconds));
    const auto woken = daemon.statusOf("voluntary_ctxt_switches") - wakeUps;
    const auto resident = daemon.statusOf("VmRSS");
    std::printf(
        "exec to READY: median %.1f ms; idle for %d s: %lu wake-ups; RSS %.1f MiB\n",
        starts.quantile(0.5) / 1000,
        settings.idleSeconds,
        static_cast<unsigned long>(woken),
        static_cast<double>(resident) / 1024);
    return {
        {"ready_ms", starts.quantile(0.5) / 1000},
        {"idle_seconds", settings.idleSeconds},
        {"wake_ups", woken},
        {"rss_kib", resident},
    };
}

int measure(const Settings& settings)
{
    if (unshare(CLONE_NEWNET) != 0) {
        std::fprintf(stderr, "bench: no network namespace of its own: run it as root\n");
        return 77;
    }
    must("iptables -P FORWARD DROP" + quiet);
    json result;
    result["repair"] = compareRepairs(settings);
    result["commands"] = realCommands(settings);
    result["foreign_load"] = foreignLoad(settings);
    result["at_rest"] = atRest(settings);
    if (!settings.output.empty()) {
        std::FILE* file = std::fopen(settings.output.c_str(), "we");
        if (file == nullptr)
            throw std::runtime_error("cannot write " + settings.output);
        std::fprintf(file, "%s\n", result.dump(2).c_str());
        std::fclose(file);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    CLI::App app("Measures fwd-guard in a network namespace of its own.", "fwd-guard-bench");
    app.add_option("--daemon", settings.daemon, "The fwd-guard to measure")->required();
    app.add_option("--config", settings.configuration, "Its configuration")->required();
    app.add_option("--json", settings.output, "Write the figures there as well");
    app.add_option("--flushes", settings.flushes, "Flushes against the floor (2000)");
    app.add_option("--commands", settings.commands, "Real iptables commands (300)");
    app.add_option("--idle", settings.idleSeconds, "Seconds of rest to watch (60)");
    CLI11_PARSE(app, argc, argv);
    try {
        return measure(settings);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench: %s\n", error.what());
        return 1;
    }
}
