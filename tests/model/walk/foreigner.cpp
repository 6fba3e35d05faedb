// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/foreigner.hpp"

#include "model/walk/draw.hpp"
#include "model/walk/drawn_rule.hpp"
#include "model/walk/field.hpp"

#include <utility>

namespace fwdguard::walk {

std::vector<Transaction> Foreigner::interfere(const Step& step)
{
    if (owners_.find(forward) == nullptr)
        return {};
    Changes changes;
    if (step.number % 2 == 0)
        changes.emplace_back(Flush{forward});
    changes.emplace_back(Write{forward, plain(fresh()), End::head, {}});
    return {{Tool::library, std::move(changes)}};
}

std::vector<Transaction> Foreigner::act(const Step& step)
{
    using Kind = Step::Kind;
    Draw draw{step.number};
    switch (step.kind) {
    case Kind::write:
        return write(draw);
    case Kind::jump:
        return jump(draw);
    case Kind::erase:
        return erase(draw);
    case Kind::replace:
        return replace(draw);
    case Kind::tagged:
        return tagged(draw);
    case Kind::eraseOurs:
        return eraseOurs(draw);
    case Kind::alterOurs:
        return alterOurs(draw);
    case Kind::flush:
        return flush(draw);
    case Kind::batch:
        return batch(draw);
    case Kind::deleteChain:
        return deleteChain(draw);
    case Kind::addChain:
        return addChain(draw);
    case Kind::rename:
        return rename(draw);
    case Kind::recreateTable:
        return recreateTable(draw);
    case Kind::policy:
        return policy(draw);
    case Kind::restore:
        return restore(draw);
    case Kind::restoreNoflush:
        return restoreNoflush(draw);
    case Kind::saveAndRestore:
        return iptablesReads() ? Transactions{{Tool::restore, {SaveAndRestore{}}}} : Transactions{};
    case Kind::element:
        return element(draw);
    default:
        return {};
    }
}

/// Chains that somebody writes rules to; FORWARD more often than others.
std::vector<ChainId> Foreigner::writable() const
{
    std::vector<ChainId> chains;
    for (const auto& [chain, content] : owners_.chains()) {
        if (chain.chain.starts_with(anchor.chain) || chain == other)
            continue;
        chains.push_back(chain);
        if (chain == forward)
            chains.insert(chains.end(), 3, chain);
    }
    return chains;
}

const std::vector<std::string>& Foreigner::rulesOf(const ChainId& chain) const
{
    return owners_.find(chain)->rules;
}

/// iptables takes a table for its own as long as the base chain has the name that it gave it.
bool Foreigner::iptablesReads() const
{
    return owners_.find(forward) != nullptr && owners_.find(renamed(forward)) == nullptr;
}

Tool Foreigner::toolFor(const ChainId& chain, Draw& draw) const
{
    if (!draw.oneIn(5))
        return Tool::library;
    if (chain.family == Family::ip && iptablesReads() && !draw.oneIn(4))
        return Tool::iptables;
    return Tool::nft;
}

std::vector<Transaction> Foreigner::write(Draw& draw)
{
    const std::vector<ChainId> chains = writable();
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    Write change{.chain = chain, .rule = plain(fresh()), .end = anEnd(draw)};
    if (chain == native && draw.oneIn(3))
        change.rule.like = draw.oneIn(2) ? "@s" : "@m";
    const std::vector<std::string>& rules = rulesOf(chain);
    if (draw.oneIn(3) && !rules.empty())
        change.before = draw.of(rules);
    return {{toolFor(chain, draw), {change}}};
}

std::vector<Transaction> Foreigner::jump(Draw& draw) const
{
    const ChainId& target = draw.oneIn(2) ? anchor : draw.oneIn(2) ? other : user;
    if (owners_.find(forward) == nullptr || owners_.find(target) == nullptr)
        return {};
    return {
        {toolFor(forward, draw), {Write{forward, plain("->" + target.chain), anEnd(draw), {}}}},
    };
}

std::vector<Transaction> Foreigner::erase(Draw& draw) const
{
    std::vector<ChainId> chains = writable();
    std::erase_if(chains, [this](const ChainId& chain) { return rulesOf(chain).empty(); });
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    return {{toolFor(chain, draw), {Erase{chain, plain(draw.of(rulesOf(chain)))}}}};
}

std::vector<Transaction> Foreigner::replace(Draw& draw)
{
    std::vector<ChainId> chains = writable();
    std::erase_if(chains, [this](const ChainId& chain) { return rulesOf(chain).empty(); });
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    return {
        {toolFor(chain, draw), {Replace{chain, plain(draw.of(rulesOf(chain))), plain(fresh())}}},
    };
}

std::vector<Transaction> Foreigner::tagged(Draw& draw) const
{
    const std::vector<ChainId> chains = writable();
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    return {{toolFor(chain, draw), {Write{chain, ours(draw), anEnd(draw), {}}}}};
}

std::vector<Transaction> Foreigner::eraseOurs(Draw& draw) const
{
    const std::vector<ChainId> chains = writable();
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    return {{toolFor(chain, draw), {Erase{chain, {.id = draw.of(allIds())}}}}};
}

std::vector<Transaction> Foreigner::alterOurs(Draw& draw)
{
    const std::vector<ChainId> chains = writable();
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    const std::string& id = draw.of(allIds());
    return {
        {toolFor(chain, draw), {Replace{chain, {.id = id}, {.like = fresh(), .id = id}}}},
    };
}

std::vector<Transaction> Foreigner::flush(Draw& draw) const
{
    const std::vector<ChainId> chains = writable();
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    return {{toolFor(chain, draw), {Flush{chain}}}};
}

/// Several changes of one chain at once; what it names was there before.
std::vector<Transaction> Foreigner::batch(Draw& draw)
{
    const std::vector<ChainId> chains = writable();
    if (chains.empty())
        return {};
    const ChainId& chain = draw.of(chains);
    Changes changes;
    if (draw.oneIn(3)) {
        changes.emplace_back(Flush{chain});
    } else {
        for (const std::string& name : rulesOf(chain))
            if (name.starts_with("f") && draw.oneIn(4))
                changes.emplace_back(Erase{chain, plain(name)});
    }
    for (std::size_t i = draw.below(6); i > 0; --i)
        changes.emplace_back(Write{chain, plain(fresh()), anEnd(draw), {}});
    if (draw.oneIn(3))
        changes.emplace_back(Write{chain, ours(draw), anEnd(draw), {}});
    if (changes.empty())
        return {};
    return {{draw.oneIn(3) ? Tool::nft : Tool::library, std::move(changes)}};
}

} // namespace fwdguard::walk
