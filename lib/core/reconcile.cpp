// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/reconcile.hpp"

#include "core/layout.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

namespace fwdguard {

namespace {

constexpr auto none = static_cast<std::size_t>(-1);

/// Looks rule ids up without a hash table: built anew for each snapshot, mostly of one or two
/// rules.
class IdIndex {
  public:
    explicit IdIndex(std::span<const GuardedRule> rules)
    {
        sorted_.reserve(rules.size());
        for (std::size_t i = 0; i < rules.size(); ++i)
            sorted_.emplace_back(rules[i].declared->key.id, i);
        std::ranges::sort(sorted_);
    }

    [[nodiscard]] std::size_t find(std::string_view id) const
    {
        const auto at = std::ranges::lower_bound(sorted_, id, {}, &Entry::first);
        return at != sorted_.end() && at->first == id ? at->second : none;
    }

  private:
    using Entry = std::pair<std::string_view, std::size_t>;
    std::vector<Entry> sorted_;
};

/// Which copies of which declared rules may stay, and where the others belong.
struct Layout {
    std::vector<Gaps::Place> places;     ///< by declared rule
    std::vector<std::size_t> order;      ///< declared rules as they shall stand
    std::vector<std::size_t> keptCopies; ///< by declared rule: index into Snapshot::tagged, or none
};

class Reconciler {
  public:
    Reconciler(std::span<const GuardedRule> rules, const Snapshot& snapshot)
        : rules_(rules), snapshot_(snapshot), gaps_(snapshot)
    {
        copies_.resize(rules.size());
        if (snapshot.tagged.empty())
            return; // after a flush, when every microsecond counts
        const IdIndex ids(rules);
        owners_.reserve(snapshot.tagged.size());
        for (std::size_t t = 0; t < snapshot.tagged.size(); ++t) {
            const std::size_t owner = ids.find(snapshot.tagged[t].id);
            owners_.push_back(owner);
            if (owner != none)
                copies_[owner].push_back(t);
        }
    }

    /// With paused rules taken as present or as absent: a paused rule is judged as if it took part,
    /// but the others are arranged as if it did not, so that it cannot make them move.
    [[nodiscard]] Layout layOut(bool withPaused) const;

    [[nodiscard]] Finding find(std::size_t rule, const Layout& layout) const;
    void appendDeletions(const Layout& layout, Plan& plan) const;
    void appendInsertions(const Layout& layout, Plan& plan) const;

    [[nodiscard]] bool anyPaused() const
    {
        return std::ranges::any_of(rules_, &GuardedRule::paused);
    }

  private:
    [[nodiscard]] bool unaltered(std::size_t copy) const
    {
        const std::size_t owner = owners_[copy];
        return snapshot_.tagged[copy].body == rules_[owner].declared->body;
    }

    [[nodiscard]] Gaps::Place placeOf(std::size_t rule) const;
    [[nodiscard]] InsertRule insertion(std::size_t rule, Placement place) const;
    [[nodiscard]] Placement
    placementOf(std::vector<std::size_t>::const_iterator at, const Layout& layout) const;

    std::span<const GuardedRule> rules_;
    const Snapshot& snapshot_;
    Gaps gaps_;
    std::vector<std::size_t> owners_;              ///< by tagged rule: its declared rule, or none
    std::vector<std::vector<std::size_t>> copies_; ///< by declared rule: its tagged rules
};

Gaps::Place Reconciler::placeOf(std::size_t rule) const
{
    std::size_t current = 0;
    const auto copy = std::ranges::find_if(
        copies_[rule], [this](std::size_t candidate) { return unaltered(candidate); });
    if (copy != copies_[rule].end())
        current = gaps_.gapOf(snapshot_.tagged[*copy].index);
    return gaps_.placeOf(rules_[rule].declared->position, rule, current);
}

Layout Reconciler::layOut(bool withPaused) const
{
    const auto takesPart = [&](std::size_t rule) { return withPaused || !rules_[rule].paused; };
    Layout layout;
    layout.keptCopies.assign(rules_.size(), none);
    layout.places.reserve(rules_.size());
    layout.order.reserve(rules_.size());
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
        layout.places.push_back(placeOf(rule));
        if (takesPart(rule))
            layout.order.push_back(rule);
    }
    std::ranges::sort(layout.order, [&](std::size_t a, std::size_t b) {
        return standsBefore(layout.places[a], layout.places[b]);
    });
    if (owners_.empty())
        return layout;
    std::vector<std::size_t> rankOf(rules_.size(), none);
    for (std::size_t rank = 0; rank < layout.order.size(); ++rank)
        rankOf[layout.order[rank]] = rank;

    // Copies that already stand in the right gap may stay as far as their order allows; places
    // rise with the gaps, so one subsequence serves all gaps at once and holds each rule once.
    std::vector<std::size_t> candidates;
    std::vector<std::size_t> ranks;
    for (std::size_t copy = 0; copy < owners_.size(); ++copy) {
        const std::size_t owner = owners_[copy];
        if (owner == none || !takesPart(owner) || !unaltered(copy))
            continue;
        if (gaps_.gapOf(snapshot_.tagged[copy].index) != layout.places[owner].gap)
            continue;
        candidates.push_back(copy);
        ranks.push_back(rankOf[owner]);
    }
    for (const std::size_t kept : longestRisingSubsequence(ranks))
        layout.keptCopies[owners_[candidates[kept]]] = candidates[kept];
    return layout;
}

Finding Reconciler::find(std::size_t rule, const Layout& layout) const
{
    const std::vector<std::size_t>& copies = copies_[rule];
    if (copies.empty())
        return {.damage = Damage::deleted};
    const std::size_t kept = layout.keptCopies[rule];
    const TaggedRule& copy = snapshot_.tagged[kept == none ? copies.front() : kept];
    Finding finding{
        .handle = snapshot_.rules[copy.index].handle,
        .index = copy.index,
        .counters = copy.counters,
    };
    if (kept != none && copies.size() > 1)
        finding.damage = Damage::duplicated;
    else if (kept == none)
        finding.damage = std::ranges::any_of(copies, [this](auto c) { return unaltered(c); })
                             ? Damage::displaced
                             : Damage::altered;
    return finding;
}

void Reconciler::appendDeletions(const Layout& layout, Plan& plan) const
{
    for (std::size_t copy = 0; copy < owners_.size(); ++copy) {
        const std::size_t owner = owners_[copy];
        if (owner != none && (rules_[owner].paused || layout.keptCopies[owner] == copy))
            continue;
        const TaggedRule& tagged = snapshot_.tagged[copy];
        plan.push_back(DeleteRule{
            .chain = snapshot_.chain,
            .key =
                {.id = tagged.id,
                 .family = snapshot_.chain.family,
                 .backend = snapshot_.chain.backend},
            .handle = snapshot_.rules[tagged.index].handle,
        });
    }
}

InsertRule Reconciler::insertion(std::size_t rule, Placement place) const
{
    const GuardedRule& guarded = rules_[rule];
    return {
        .rule = guarded.declared,
        .counters = copies_[rule].empty() ? guarded.lastSeen
                                          : snapshot_.tagged[copies_[rule].front()].counters,
        .place = place,
    };
}

Placement
Reconciler::placementOf(std::vector<std::size_t>::const_iterator at, const Layout& layout) const
{
    const std::size_t gap = layout.places[*at].gap;
    for (auto next = at + 1; next != layout.order.end(); ++next) {
        if (layout.places[*next].gap != gap)
            break;
        if (const std::size_t copy = layout.keptCopies[*next]; copy != none)
            return Before{snapshot_.rules[snapshot_.tagged[copy].index].handle};
    }
    if (gap == gaps_.last())
        return AtTail{};
    return Before{gaps_.foreignAfter(gap)};
}

void Reconciler::appendInsertions(const Layout& layout, Plan& plan) const
{
    // What belongs at the very head is put there blindly, last first: it needs no other rule's
    // handle, so it works even without a check of the generation.
    const auto kept = [&](std::size_t rule) { return layout.keptCopies[rule] != none; };
    const auto headEnd = std::ranges::find_if(
        layout.order, [&](std::size_t rule) { return kept(rule) || layout.places[rule].gap != 0; });
    for (auto at = headEnd; at != layout.order.begin();)
        plan.push_back(insertion(*--at, AtHead{}));
    for (auto at = headEnd; at != layout.order.end(); ++at)
        if (!kept(*at))
            plan.push_back(insertion(*at, placementOf(at, layout)));
}

} // namespace

Reconciliation
reconcile(std::span<const GuardedRule> rules, const GuardedPolicy* policy, const Snapshot& snapshot)
{
    const Reconciler reconciler(rules, snapshot);
    const Layout layout = reconciler.layOut(false);
    const Layout whole = reconciler.anyPaused() ? reconciler.layOut(true) : layout;

    Reconciliation result;
    result.rules.reserve(rules.size());
    result.plan.reserve(rules.size());
    for (std::size_t rule = 0; rule < rules.size(); ++rule)
        result.rules.push_back(reconciler.find(rule, rules[rule].paused ? whole : layout));
    reconciler.appendDeletions(layout, result.plan);
    reconciler.appendInsertions(layout, result.plan);

    if (policy != nullptr && snapshot.policy != policy->declared.policy) {
        result.policy = Damage::altered;
        if (!policy->paused)
            result.plan.push_back(SetPolicy{
                .chain = snapshot.chain,
                .key = policy->declared.key,
                .policy = policy->declared.policy,
            });
    }
    return result;
}

} // namespace fwdguard
