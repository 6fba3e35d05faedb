// SPDX-License-Identifier: GPL-2.0-or-later
// Transactions that do not concern us: what they cost the daemon, one by one and in a storm.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/table.hpp"

#include <array>
#include <cstdio>

#include <unistd.h>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

json measure(const Restorer& daemon, int transactions, const char* when, useconds_t rest)
{
    Committer committer;
    const Chain chain{"noise", "c"};
    const std::array batches{foreignBatch(chain, 1), flushBatch(chain)};
    const auto before = daemon.cpu();
    for (int i = 0; i < transactions; ++i) {
        committer.commit(batches[static_cast<std::size_t>(i) % 2]);
        if (rest > 0)
            usleep(rest);
    }
    usleep(50'000);
    const double spent =
        std::chrono::duration<double, std::micro>(daemon.cpu() - before).count() / transactions;
    std::printf("%-34s %6d %10.1f\n", when, transactions, spent);
    return {{"count", transactions}, {"cpu_us", spent}};
}

} // namespace

json irrelevant(const Settings& settings)
{
    must("nft 'add table ip noise; add chain ip noise c'");
    const Restorer daemon = Restorer::guard(settings.daemon, settings.configuration);
    usleep(2'000'000); // until what follows a start is done
    std::printf("%-34s %6s %10s\n", "irrelevant transactions", "times", "CPU us");
    const auto before = daemon.statusOf("VmRSS");
    json result;
    result["spaced"] = measure(daemon, settings.transactions, "one every 0.2 ms", 150);
    result["storm"] = measure(daemon, settings.transactions, "one after the other", 0);
    result["rss_kib_before"] = before;
    result["rss_kib_after"] = daemon.statusOf("VmRSS");
    std::printf(
        "RSS %lu KiB before, %lu KiB after\n\n",
        static_cast<unsigned long>(before),
        result["rss_kib_after"].get<unsigned long>());
    return result;
}

} // namespace fwdguard::bench
