// SPDX-License-Identifier: GPL-2.0-or-later
// Others commit at the same time, to a table of their own: each of their transactions holds the
// kernel's lock for a while, and makes a plan stale that was made before it.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/process.hpp"
#include "bench/table.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include <unistd.h>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

/// Adds a rule and takes it away again, each after a millisecond of rest.
[[noreturn]] void write(const Chain& chain, int port)
{
    Committer committer;
    const std::uint32_t number = committer.port();
    if (::write(port, &number, sizeof number) != sizeof number)
        _exit(1);
    const Batch add = foreignBatch(chain, 1);
    const Batch flush = flushBatch(chain);
    for (;;) {
        committer.commit(add);
        usleep(1000);
        committer.commit(flush);
        usleep(1000);
    }
}

class Writers {
  public:
    explicit Writers(std::size_t count)
    {
        int ends[2];
        if (pipe(ends) < 0)
            throw std::runtime_error("no pipe");
        must("nft add table ip noise");
        for (std::size_t i = 0; i < count; ++i) {
            const Chain chain{"noise", "c" + std::to_string(i)};
            must("nft add chain ip noise " + chain.name);
            const pid_t pid = spawn();
            if (pid == 0)
                write(chain, ends[1]);
            pids_.push_back(pid);
            std::uint32_t port = 0;
            if (read(ends[0], &port, sizeof port) != sizeof port)
                throw std::runtime_error("a writer does not write");
            ports_.insert(port);
        }
        close(ends[0]);
        close(ends[1]);
    }
    Writers(const Writers&) = delete;
    Writers& operator=(const Writers&) = delete;
    ~Writers() { std::ranges::for_each(pids_, stop); }

    [[nodiscard]] const std::set<std::uint32_t>& ports() const { return ports_; }

  private:
    std::vector<pid_t> pids_{};
    std::set<std::uint32_t> ports_{};
};

} // namespace

json writers(const Settings& settings)
{
    constexpr int rounds = 5;
    const int times = std::max(settings.flushes / rounds / 4, 5);
    json result = json::array();
    printComparisonHeader("writers every 1 ms");
    for (const std::size_t count : {0, 1, 4, 16}) {
        const Namespace netns;
        const Writers others(count);
        Turns turns;
        turns.take(
            rounds,
            [&] { return Restorer::blind(insertBatch(), {}, others.ports()); },
            [&] { return Restorer::guard(settings.daemon, settings.configuration); },
            [&](Samples& samples) { flushRepeatedly(times, rested, samples, others.ports()); });
        result.push_back(comparison(std::to_string(count), turns.floor, turns.guard));
    }
    std::printf("\n");
    return result;
}

} // namespace fwdguard::bench
