// SPDX-License-Identifier: GPL-2.0-or-later
// A user without rights calls the daemon over D-Bus, as fast as it answers, 64 calls at a time.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/process.hpp"
#include "bench/table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <grp.h>
#include <unistd.h>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

constexpr uid_t nobody = 65534;

/// While it lives it calls one method, over and over.
class Caller {
  public:
    Caller(const Bus& bus, const char* method) : pid_(spawn())
    {
        if (pid_ != 0)
            return;
        freopen("/dev/null", "w", stdout);
        setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address().c_str(), 1);
        if (setgroups(0, nullptr) == 0 && setgid(nobody) == 0 && setuid(nobody) == 0)
            execl(FWDGUARD_BUS_FLOOD, "flood", method, "1000000000", "64", nullptr);
        _exit(127);
    }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
    ~Caller() { stop(pid_); }

  private:
    pid_t pid_;
};

} // namespace

json callers(const Settings& settings)
{
    constexpr int rounds = 5;
    constexpr std::array methods{"", "Hold", "GetStatus", "Check"};
    const int times = std::max(settings.flushes / rounds / 4, 5);
    const Bus bus;
    const Restorer daemon =
        Restorer::guard(settings.daemon, settings.configuration, {}, bus.address());
    std::array<Samples, methods.size()> samples;
    for (int round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < methods.size(); ++i) {
            std::optional<Caller> caller;
            if (*methods[i] != '\0')
                caller.emplace(bus, methods[i]);
            usleep(200'000); // until it calls
            flushRepeatedly(times, rested, samples[i]);
        }
    printHeader("flush to repair, called over D-Bus");
    json result = json::array();
    for (std::size_t i = 0; i < methods.size(); ++i) {
        result.push_back(row(*methods[i] == '\0' ? "nobody" : methods[i], samples[i]));
        const double late = samples[i].above(std::chrono::milliseconds(1));
        result.back()["above_1_ms"] = late;
        std::printf("%40s %.1f %% above 1 ms\n", "", 100 * late);
    }
    std::printf("\n");
    return result;
}

} // namespace fwdguard::bench
