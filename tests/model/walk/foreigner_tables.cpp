// SPDX-License-Identifier: GPL-2.0-or-later
// What others do to whole tables, chains, sets and maps.
#include "model/walk/draw.hpp"
#include "model/walk/drawn_rule.hpp"
#include "model/walk/field.hpp"
#include "model/walk/foreigner.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard::walk {

namespace {

std::optional<Policy> policyOf(const ChainId& chain)
{
    if (chain == forward)
        return Policy::drop;
    if (chain == native)
        return Policy::accept;
    return std::nullopt;
}

std::vector<Change> tableOfIptables()
{
    return {
        AddTable{Family::ip, "filter"},
        AddChain{forward, Policy::drop},
        AddChain{user, {}},
        AddChain{anchor, {}},
        AddChain{other, {}},
    };
}

} // namespace

std::vector<Transaction> Foreigner::begin() const
{
    std::vector<Change> nft{AddTable{Family::inet, "fw"}, AddChain{native, policyOf(native)}};
    return {{Tool::library, tableOfIptables()}, {Tool::library, std::move(nft)}};
}

/// Nothing may jump to a chain that goes.
std::vector<Change> Foreigner::removal(const ChainId& chain) const
{
    Changes changes;
    const std::string jump = "->" + chain.chain;
    for (const auto& [from, content] : owners_.chains()) {
        if (from.family != chain.family || from.table != chain.table)
            continue;
        // Ours never jump, so flushing and writing the rest anew is not needed to be rid of these.
        for (auto i = std::ranges::count(content.rules, jump); i > 0; --i)
            changes.emplace_back(Erase{from, plain(jump)});
    }
    changes.emplace_back(DeleteChain{chain});
    return changes;
}

std::vector<Transaction> Foreigner::deleteChain(Draw& draw) const
{
    std::vector<ChainId> chains;
    for (const auto& [chain, content] : owners_.chains())
        chains.push_back(chain);
    if (chains.empty())
        return {};
    return {{draw.oneIn(5) ? Tool::nft : Tool::library, removal(draw.of(chains))}};
}

std::vector<Transaction> Foreigner::addChain(Draw& draw) const
{
    std::vector<ChainId> missing;
    for (const ChainId& chain : {forward, user, anchor, other, native})
        if (owners_.find(chain) == nullptr)
            missing.push_back(chain);
    if (missing.empty())
        return {};
    const ChainId& chain = draw.of(missing);
    return {{draw.oneIn(5) ? Tool::nft : Tool::library, {AddChain{chain, policyOf(chain)}}}};
}

std::vector<Transaction> Foreigner::rename(Draw& draw) const
{
    const ChainId& chain = draw.oneIn(3) ? forward : draw.oneIn(2) ? user : anchor;
    const ChainId old = renamed(chain);
    const bool there = owners_.find(chain) != nullptr;
    const bool away = owners_.find(old) != nullptr;
    if (there && away)
        return {{Tool::library, removal(old)}};
    if (there)
        return {{Tool::library, {RenameChain{chain, old.chain}}}};
    if (away)
        return {{Tool::library, {RenameChain{old, chain.chain}}}};
    return {};
}

/// As nftables.service loads a file.
std::vector<Change> Foreigner::tableOfNft(Draw& draw)
{
    Changes changes{AddTable{Family::inet, "fw"}, AddChain{native, policyOf(native)}};
    for (unsigned i = 0; i < draw.below(4); ++i)
        changes.emplace_back(Element{.ofMap = draw.oneIn(2), .there = true, .number = i});
    for (std::size_t i = draw.below(5); i > 0; --i)
        changes.emplace_back(Write{native, plain(fresh()), End::tail, {}});
    changes.emplace_back(Write{native, plain("@s"), End::tail, {}});
    return changes;
}

std::vector<Transaction> Foreigner::recreateTable(Draw& draw)
{
    const bool ofNft = draw.oneIn(3);
    Changes anew = ofNft ? tableOfNft(draw) : tableOfIptables();
    const Change gone = ofNft ? DeleteTable{Family::inet, "fw"} : DeleteTable{Family::ip, "filter"};
    const Tool tool = draw.oneIn(3) ? Tool::nft : Tool::library;
    if (draw.oneIn(2))
        return {{tool, {gone}}, {tool, std::move(anew)}};
    anew.insert(anew.begin(), gone);
    return {{tool, std::move(anew)}};
}

std::vector<Transaction> Foreigner::policy(Draw& draw) const
{
    const ChainId& chain = draw.oneIn(3) ? native : forward;
    if (owners_.find(chain) == nullptr)
        return {};
    const Policy to = chain == native && draw.oneIn(2) ? Policy::accept : Policy::drop;
    return {{toolFor(chain, draw), {ChangePolicy{chain, to}}}};
}

/// A dump of some other day: rules that are there today, or not, and ours as they were.
std::vector<Transaction> Foreigner::restore(Draw& draw)
{
    if (!iptablesReads())
        return {};
    Changes changes = tableOfIptables();
    changes.insert(changes.begin(), DeleteTable{Family::ip, "filter"});
    for (const std::string& name : rulesOf(forward)) {
        const bool possible = name.starts_with("f") || name == "->" + anchor.chain;
        if (possible && !draw.oneIn(3))
            changes.emplace_back(Write{forward, plain(name), End::tail, {}});
        if (draw.oneIn(4))
            changes.emplace_back(Write{forward, ours(draw), End::tail, {}});
    }
    for (std::size_t i = draw.below(4); i > 0; --i)
        changes.emplace_back(Write{draw.oneIn(2) ? forward : user, plain(fresh()), End::tail, {}});
    return {{Tool::restore, std::move(changes)}};
}

std::vector<Transaction> Foreigner::restoreNoflush(Draw& draw)
{
    if (!iptablesReads())
        return {};
    Changes changes;
    for (const std::string& name : rulesOf(forward))
        if (name.starts_with("f") && draw.oneIn(4))
            changes.emplace_back(Erase{forward, plain(name)});
    for (std::size_t i = draw.below(4); i > 0; --i)
        changes.emplace_back(Write{forward, plain(fresh()), anEnd(draw), {}});
    if (draw.oneIn(2))
        changes.emplace_back(Write{forward, ours(draw), anEnd(draw), {}});
    if (changes.empty())
        return {};
    return {{Tool::restoreNoflush, std::move(changes)}};
}

std::vector<Transaction> Foreigner::element(Draw& draw) const
{
    const bool ofMap = draw.oneIn(2);
    const auto number = static_cast<unsigned>(draw.below(6));
    const bool there = (ofMap ? owners_.map() : owners_.set()).contains(number);
    return {
        {draw.oneIn(5) ? Tool::nft : Tool::library,
         {Element{.ofMap = ofMap, .there = !there, .number = number}}},
    };
}

} // namespace fwdguard::walk
