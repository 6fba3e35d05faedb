// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/last_counters.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard::xtables {

void LastCounters::watch(const ChainId& chain)
{
    tables_[tableOf(chain)].try_emplace(chain.chain);
}

void LastCounters::read(const TableId& table, const std::vector<CountedRule>& rules)
{
    const auto watched = tables_.find(table);
    if (watched == tables_.end())
        return;
    std::map<std::string, Known> now;
    for (const CountedRule& rule : rules) {
        Counters& counters = now[rule.chain][rule.id];
        counters = std::max(counters, rule.counters);
    }
    for (auto& [chain, known] : watched->second) {
        Known& newest = now[chain];
        newest.merge(known); // those that are gone stay as they were
        known = std::move(newest);
    }
}

std::vector<GoneRule> LastCounters::takeGone(const Snapshot& newest)
{
    Known& known = tables_[tableOf(newest.chain)][newest.chain.chain];
    std::vector<GoneRule> gone;
    std::erase_if(known, [&](const auto& rule) {
        if (std::ranges::find(newest.tagged, rule.first, &TaggedRule::id) != newest.tagged.end())
            return false;
        gone.push_back({rule.first, rule.second});
        return true;
    });
    return gone;
}

void LastCounters::retain(const std::vector<ChainId>& chains)
{
    auto before = std::exchange(tables_, {});
    for (const ChainId& chain : chains)
        if (const auto table = before.find(tableOf(chain)); table != before.end())
            tables_[table->first][chain.chain] = std::move(table->second[chain.chain]);
}

} // namespace fwdguard::xtables
