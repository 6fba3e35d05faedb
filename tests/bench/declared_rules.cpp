// SPDX-License-Identifier: GPL-2.0-or-later
// All declared rules are flushed at once, and one transaction has to bring all of them back.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/process.hpp"
#include "bench/table.hpp"

#include <cstdio>
#include <stdexcept>

#include <unistd.h>

namespace fwdguard::bench {

namespace {

using nlohmann::json;

/// flushRepeatedly(), and each time the transaction that was waited for must have brought all.
void flushAll(int times, std::size_t rules, TaggedRules& tagged, Samples& samples)
{
    for (int i = 0; i < times; ++i) {
        flushRepeatedly(1, rested, samples);
        if (const std::size_t back = tagged.now().size(); back != rules)
            throw std::runtime_error(
                "the first repair brought " + std::to_string(back) + " rules of " +
                std::to_string(rules));
        usleep(20'000); // telling of so many takes longer than bringing them back
    }
}

} // namespace

json declaredRules(const Settings& settings)
{
    constexpr int rounds = 5;
    constexpr int times = 12;
    json result = json::array();
    printComparisonHeader("flush to repair, declared rules");
    for (const std::size_t rules : {1, 10, 100, 1'000}) {
        const Namespace netns;
        const ScratchFile configuration(manyRules(rules));
        const Batch insert = insertManyBatch(rules);
        TaggedRules tagged;
        Turns turns;
        turns.take(
            rounds,
            [&] { return Restorer::blind(insert); },
            [&] { return Restorer::guard(settings.daemon, configuration.path()); },
            [&](Samples& samples) { flushAll(times, rules, tagged, samples); });
        result.push_back(comparison(std::to_string(rules), turns.floor, turns.guard));
    }
    std::printf("\n");
    return result;
}

} // namespace fwdguard::bench
