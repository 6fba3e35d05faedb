// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/mirror.hpp"

#include "nft/decode.hpp"
#include "nft/event.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard::nft {

Mirror::Kept* Mirror::find(std::uint8_t family, std::string_view table, std::string_view chain)
{
    const auto at = std::ranges::find_if(kept_, [&](const Kept& kept) {
        const ChainId& id = kept.snapshot.chain;
        return protocolFamily(id.family) == family && id.table == table && id.chain == chain;
    });
    return at == kept_.end() ? nullptr : &*at;
}

void Mirror::take(const Message& message)
{
    if (const auto generation = generationOf(message)) {
        announced_ = *generation;
        std::erase_if(kept_, [this](Kept& kept) { return !advance(kept, announced_); });
    } else if (kept_.empty() || !concernsChains(message)) {
        return;
    } else if (isNft(message, NFT_MSG_DELRULE)) {
        takeDeletion(message);
    } else {
        takeOther(message);
    }
}

void Mirror::takeDeletion(const Message& message)
{
    const auto rule = parseDeletedRule(message);
    if (!rule)
        return lost();
    Kept* kept = find(rule->family, rule->table, rule->chain);
    if (kept == nullptr)
        return;
    kept->deleted.push_back(rule->handle);
    if (!rule->ruleId.empty())
        goneOf(kept->snapshot.chain)
            .push_back(
                {.id = std::string{rule->ruleId}, .counters = countersOf(rule->expressions)});
}

void Mirror::takeOther(const Message& message)
{
    const auto subject = subjectOf(message);
    if (!subject)
        return lost();
    for (Kept& kept : kept_)
        kept.changed |= subject->covers(chainOf(kept));
}

/// False: what the chain is at that generation is not known.
bool Mirror::advance(Kept& kept, Generation to)
{
    Generation& at = kept.snapshot.generation;
    const bool changed = std::exchange(kept.changed, false);
    if (at.isAfter(to)) {
        kept.deleted.clear();
        return true;
    }
    // A dump can say the new generation just before it shows the new rules (nf_tables_commit), so
    // what is announced for the very generation of the reading is taken as not yet seen.
    const bool next = to == at || to.value == at.value + 1;
    if (changed || !next)
        return false;
    at = to;
    const bool known = removeDeleted(kept);
    kept.deleted.clear();
    return known;
}

/// False: a rule of ours is still there.
bool Mirror::removeDeleted(Kept& kept)
{
    if (kept.deleted.empty())
        return true;
    if (std::ranges::equal(kept.deleted, kept.snapshot.rules, {}, {}, &KernelRule::handle)) {
        kept.snapshot.rules.clear(); // flushed, so that there is nothing to look for
        kept.snapshot.tagged.clear();
        return true;
    }
    std::ranges::sort(kept.deleted);
    const auto isDeleted = [&kept](const KernelRule& rule) {
        return std::ranges::binary_search(kept.deleted, rule.handle);
    };
    Snapshot& snapshot = kept.snapshot;
    if (std::ranges::none_of(snapshot.rules, isDeleted))
        return true;
    const bool oursLeft = std::ranges::any_of(snapshot.tagged, [&](const TaggedRule& tagged) {
        return !isDeleted(snapshot.rules[tagged.index]);
    });
    if (oursLeft)
        return false;
    std::erase_if(snapshot.rules, isDeleted);
    snapshot.tagged.clear();
    return true;
}

std::vector<GoneRule>& Mirror::goneOf(const ChainId& chain)
{
    const auto known = std::ranges::find(gone_, chain, &Gone::chain);
    return known != gone_.end() ? known->rules : gone_.emplace_back(Gone{chain, {}}).rules;
}

/// nullptr: it has to be read.
const Mirror::Kept* Mirror::known(const ChainId& chain) const
{
    const auto at = std::ranges::find(kept_, chain, chainOf);
    if (at == kept_.end() || at->doubted || at->changed || !at->deleted.empty())
        return nullptr;
    // Another chain was read at a newer generation, whose events are still to come.
    if (newest_ && newest_->isAfter(at->snapshot.generation))
        return nullptr;
    return &*at;
}

const Snapshot* Mirror::current(const ChainId& chain) const
{
    const Kept* const kept = known(chain);
    return kept == nullptr ? nullptr : &kept->snapshot;
}

std::optional<Snapshot> Mirror::recall(const ChainId& chain, bool withPolicy) const
{
    const Kept* const kept = known(chain);
    if (kept == nullptr || (withPolicy && !kept->withPolicy))
        return std::nullopt;
    Snapshot snapshot = kept->snapshot;
    if (const auto gone = std::ranges::find(gone_, chain, &Gone::chain); gone != gone_.end())
        snapshot.gone = gone->rules;
    if (!withPolicy)
        snapshot.policy.reset();
    return snapshot;
}

void Mirror::remember(Snapshot& snapshot, bool withPolicy)
{
    newest_ = snapshot.generation;
    Kept fresh{.snapshot = snapshot, .withPolicy = withPolicy};
    std::vector<GoneRule>& gone = goneOf(snapshot.chain);
    snapshot.gone = gone;
    gone.clear();
    const auto known = std::ranges::find(kept_, snapshot.chain, chainOf);
    if (known == kept_.end()) {
        if (!wrong_)
            kept_.push_back(std::move(fresh));
        return;
    }
    // Before the announcement a reading may show the state before or behind it, and one without
    // rules may be newer than it says.
    const bool comparable = snapshot.generation == known->snapshot.generation &&
                            snapshot.generation == announced_ && !snapshot.rules.empty() &&
                            known->deleted.empty() && !known->changed;
    wrong_ |= comparable && snapshot.rules != known->snapshot.rules;
    if (wrong_) {
        kept_.clear();
        return;
    }
    fresh.deleted = std::move(known->deleted); // its memory: a repair has no time to ask for more
    fresh.deleted.clear();
    *known = std::move(fresh);
}

void Mirror::doubt()
{
    std::erase_if(kept_, [](const Kept& kept) { return kept.doubted; }); // nobody reads them
    for (Kept& kept : kept_)
        kept.doubted = true;
}

} // namespace fwdguard::nft
