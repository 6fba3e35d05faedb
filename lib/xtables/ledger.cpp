// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/ledger.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard::xtables {

void Ledger::observe(const TableId& table, const Content& content)
{
    const auto [found, isNew] =
        entries_.try_emplace(table, Entry{.content = content, .changed = current_});
    Entry& entry = found->second;
    if (isNew || entry.content == content)
        return;
    advance();
    entry.content = content;
    entry.changed = current_;
    entry.untold = true;
}

void Ledger::committed(const TableId& table, const Content& content)
{
    advance();
    Entry& entry = entries_[table];
    entry.content = content;
    entry.changed = current_;
}

bool Ledger::changedSince(const TableId& table, Generation generation) const
{
    const auto found = entries_.find(table);
    return found == entries_.end() || found->second.changed.isAfter(generation);
}

bool Ledger::takeChange(const TableId& table)
{
    return std::exchange(entries_[table].untold, false);
}

std::vector<TableId> Ledger::tables() const
{
    std::vector<TableId> ids;
    ids.reserve(entries_.size());
    for (const auto& [id, entry] : entries_)
        ids.push_back(id);
    return ids;
}

bool Ledger::live() const
{
    return std::any_of(entries_.begin(), entries_.end(), [](const auto& known) {
        return known.second.content.has_value();
    });
}

void Ledger::retain(const std::vector<ChainId>& chains)
{
    std::erase_if(entries_, [&chains](const auto& known) {
        return std::none_of(chains.begin(), chains.end(), [&known](const ChainId& chain) {
            return tableOf(chain) == known.first;
        });
    });
}

void Ledger::advance()
{
    if (++current_.value == 0)
        ++current_.value;
}

} // namespace fwdguard::xtables
