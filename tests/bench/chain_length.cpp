// SPDX-License-Identifier: GPL-2.0-or-later
// What the length of the guarded chain costs: the insertion, our decision, and the look behind the
// repair, which reads it. Only our rules are deleted, the foreign ones stay.
#include "bench/bench.hpp"
#include "bench/damage.hpp"
#include "bench/process.hpp"
#include "bench/table.hpp"

#include <cstdio>

namespace fwdguard::bench {

using nlohmann::json;

json chainLength(const Settings& settings)
{
    struct Step {
        std::size_t rules;
        int times; ///< a round
    };
    constexpr int rounds = 4;
    json result = json::array();
    printComparisonHeader("ours deleted, by rules in the chain");
    for (const auto& [rules, times] :
         {Step{10, 100}, Step{100, 100}, Step{1'000, 50}, Step{10'000, 15}, Step{50'000, 4}}) {
        const Namespace netns;
        loadForeign(forward, rules);
        TaggedRules tagged;
        Turns turns;
        turns.take(
            rounds,
            [] { return Restorer::blind(); },
            [&] { return Restorer::guard(settings.daemon, settings.configuration); },
            [&](Samples& samples) { deleteOursRepeatedly(times, tagged, samples); });
        result.push_back(comparison(std::to_string(rules), turns.floor, turns.guard));
    }
    std::printf("\n");
    return result;
}

} // namespace fwdguard::bench
