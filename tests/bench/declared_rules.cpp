// SPDX-License-Identifier: GPL-2.0-or-later
// All declared rules are flushed at once, and one transaction has to bring all of them back.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/process.hpp"
#include "bench/table.hpp"

#include <cstdio>

namespace fwdguard::bench {

using nlohmann::json;

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
            [&](Samples& samples) { flushAllRepeatedly(times, rules, tagged, samples); });
        result.push_back(comparison(std::to_string(rules), turns.floor, turns.guard));
    }
    std::printf("\n");
    return result;
}

} // namespace fwdguard::bench
