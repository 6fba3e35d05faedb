// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/reader.hpp"

#include "xtables/decode.hpp"
#include "xtables/edit.hpp"
#include "xtables/entry.hpp"

#include <utility>

namespace fwdguard::xtables {

namespace {

void addRule(Snapshot& snapshot, const RuleView& rule, Entry& scratch)
{
    const std::size_t index = snapshot.rules.size();
    snapshot.rules.push_back(
        {handleAt(index), rule.jumps ? std::string{rule.target} : std::string{}});
    if (!split(snapshot.chain.family, rule.bytes, scratch))
        return;
    const auto id = ruleIdIn(scratch);
    if (id.empty())
        return;
    snapshot.tagged.push_back(
        {index, std::string{id}, decode(snapshot.chain.family, scratch, rule), scratch.counters});
}

} // namespace

Snapshot readChain(const Table& table, const ChainId& chain, bool withPolicy)
{
    Snapshot snapshot;
    snapshot.chain = chain;
    if (withPolicy)
        snapshot.policy = table.policy(chain.chain);
    Entry scratch;
    table.forEachRule(chain.chain, [&snapshot, &scratch](const RuleView& rule) {
        addRule(snapshot, rule, scratch);
    });
    return snapshot;
}

bool hasTaggedRule(const Table& table, const ChainId& chain)
{
    bool tagged = false;
    Entry scratch;
    table.forEachRule(chain.chain, [&](const RuleView& rule) {
        tagged = tagged || (split(chain.family, rule.bytes, scratch) && !ruleIdIn(scratch).empty());
    });
    return tagged;
}

} // namespace fwdguard::xtables
