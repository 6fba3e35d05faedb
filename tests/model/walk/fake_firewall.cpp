// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/fake_firewall.hpp"

#include "model/walk/field.hpp"
#include "model/world.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fwdguard::walk {

namespace {

model::FakeRule made(const WrittenRule& rule)
{
    if (std::string target = rule.jumpsTo(); !target.empty())
        return {
            .body = {.verdict = {.kind = Verdict::Kind::jump, .chain = std::move(target)}},
        };
    return {.id = rule.id, .body = model::bodyOf(rule.like)};
}

ListedRule listed(const model::FakeRule& rule)
{
    ListedRule seen{.handle = rule.handle, .id = rule.id};
    if (rule.body.verdict.kind == Verdict::Kind::jump)
        seen.like = "->" + rule.body.verdict.chain;
    else
        seen.like = rule.body.match.outInterface->name;
    return seen;
}

} // namespace

void FakeFirewall::commit(const Transaction& transaction)
{
    kernel_.atOnce([&] {
        for (const Change& change : transaction.changes)
            std::visit([this](const auto& one) { on(one); }, change);
    });
}

void FakeFirewall::on(const DeleteTable& change)
{
    kernel_.deleteTable(change.family, change.table);
    if (change.family != Family::inet)
        return;
    set_.clear();
    map_.clear();
}

std::optional<std::size_t> FakeFirewall::find(const ChainId& chain, const WrittenRule& rule) const
{
    const auto& rules = kernel_.find(chain)->rules;
    const auto at = std::ranges::find_if(rules, [&](const model::FakeRule& one) {
        return one.id == rule.id && (!rule.id.empty() || listed(one).like == rule.like);
    });
    if (at != rules.end())
        return static_cast<std::size_t>(at - rules.begin());
    if (rule.id.empty())
        throw std::runtime_error("no rule " + rule.like + " in " + toString(chain));
    return std::nullopt;
}

void FakeFirewall::on(const Write& change)
{
    std::size_t index = change.end == End::head ? 0 : kernel_.find(change.chain)->rules.size();
    if (change.before)
        index = find(change.chain, {.like = *change.before}).value();
    kernel_.insert(change.chain, index, made(change.rule));
}

void FakeFirewall::on(const Replace& change)
{
    if (const auto index = find(change.chain, change.old))
        kernel_.replace(change.chain, *index, made(change.rule));
}

void FakeFirewall::on(const Erase& change)
{
    if (const auto index = find(change.chain, change.old))
        kernel_.erase(change.chain, *index);
}

void FakeFirewall::on(const Element& change)
{
    auto& elements = change.ofMap ? map_ : set_;
    if (change.there)
        elements.insert(change.number);
    else
        elements.erase(change.number);
    kernel_.touchElsewhere();
}

void FakeFirewall::on(const SaveAndRestore& /*change*/)
{
    kernel_.writeAnew(forward.family, forward.table);
}

Listing FakeFirewall::list()
{
    Listing listing{.set = set_, .map = map_};
    for (const ChainId& chain :
         {forward, user, anchor, other, native, renamed(forward), renamed(user), renamed(anchor)})
        if (const model::FakeChain* found = kernel_.find(chain)) {
            ListedChain& seen = listing.chains[chain];
            seen.policy = found->policy;
            for (const model::FakeRule& rule : found->rules)
                seen.rules.push_back(listed(rule));
        }
    return listing;
}

} // namespace fwdguard::walk
