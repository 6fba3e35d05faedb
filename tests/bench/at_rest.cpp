// SPDX-License-Identifier: GPL-2.0-or-later
// What the daemon takes when nothing happens.
#include "bench/bench.hpp"
#include "bench/restorer.hpp"
#include "bench/samples.hpp"

#include <cstdio>

#include <unistd.h>

namespace fwdguard::bench {

using nlohmann::json;

json atRest(const Settings& settings)
{
    Samples starts;
    for (int i = 0; i < 10; ++i)
        starts.add(Restorer::guard(settings.daemon, settings.configuration).startUp());
    const Bus bus;
    const Restorer daemon =
        Restorer::guard(settings.daemon, settings.configuration, {}, bus.address());
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

} // namespace fwdguard::bench
