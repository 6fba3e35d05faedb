// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/owners.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard::walk {

void Owners::apply(const Change& change)
{
    std::visit([this](const auto& one) { on(one); }, change);
}

const Owners::Chain* Owners::find(const ChainId& chain) const
{
    const auto at = chains_.find(chain);
    return at == chains_.end() ? nullptr : &at->second;
}

unsigned Owners::lifeOf(Family family, const std::string& table) const
{
    const auto at = lives_.find({family, table});
    return at == lives_.end() ? 0 : at->second;
}

void Owners::on(const AddTable& change)
{
    ++lives_[{change.family, change.table}];
}

void Owners::on(const DeleteTable& change)
{
    std::erase_if(chains_, [&](const auto& chain) {
        return chain.first.family == change.family && chain.first.table == change.table;
    });
    if (change.family != Family::inet)
        return;
    set_.clear();
    map_.clear();
}

void Owners::on(const AddChain& change)
{
    chains_[change.chain] = {.policy = change.policy};
}

void Owners::on(const DeleteChain& change)
{
    chains_.erase(change.chain);
}

void Owners::on(const RenameChain& change)
{
    ChainId to = change.chain;
    to.chain = change.to;
    auto node = chains_.extract(change.chain);
    node.key() = to;
    chains_.insert(std::move(node));
    for (auto& [chain, content] : chains_)
        if (chain.family == to.family && chain.table == to.table)
            std::ranges::replace(content.rules, "->" + change.chain.chain, "->" + to.chain);
}

void Owners::on(const Flush& change)
{
    chains_.at(change.chain).rules.clear();
}

void Owners::on(const ChangePolicy& change)
{
    chains_.at(change.chain).policy = change.policy;
}

void Owners::on(const Write& change)
{
    if (!change.rule.id.empty())
        return;
    auto& rules = chains_.at(change.chain).rules;
    auto at = change.end == End::head ? rules.begin() : rules.end();
    if (change.before)
        at = std::ranges::find(rules, *change.before);
    rules.insert(at, change.rule.name());
}

void Owners::on(const Replace& change)
{
    if (!change.old.id.empty())
        return;
    auto& rules = chains_.at(change.chain).rules;
    *std::ranges::find(rules, change.old.name()) = change.rule.name();
}

void Owners::on(const Erase& change)
{
    if (!change.old.id.empty())
        return;
    auto& rules = chains_.at(change.chain).rules;
    rules.erase(std::ranges::find(rules, change.old.name()));
}

void Owners::on(const Element& change)
{
    auto& elements = change.ofMap ? map_ : set_;
    if (change.there)
        elements.insert(change.number);
    else
        elements.erase(change.number);
}

void Owners::on(const SaveAndRestore& /*change*/)
{
    ++lives_[{Family::ip, "filter"}];
}

} // namespace fwdguard::walk
