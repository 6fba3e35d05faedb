// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/chain_record.hpp"

#include "core/gone_counters.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace fwdguard {

namespace {

/// A file that is restored may bring a rule back; who does it this often within a window is another
/// guard, and the rule is its.
constexpr int mostRemovals = 3;

void recallCounters(std::vector<GuardedRule>& rules, const std::vector<GoneRule>& gone)
{
    const GoneCounters last{gone};
    for (GuardedRule& rule : rules)
        rule.lastSeen = last.of(rule.declared->key.id).value_or(rule.lastSeen);
}

} // namespace

void ChainRecord::declare(const DeclaredRule& rule, std::size_t order)
{
    rules_.push_back({.declared = std::make_shared<const DeclaredRule>(rule)});
    records_.emplace_back(rule.key, chain_, toString(rule.position), order);
    records_.back().choose(rule.backend);
}

void ChainRecord::declare(const DeclaredPolicy& policy, std::size_t order)
{
    policy_ = GuardedPolicy{.declared = policy};
    records_.emplace_back(policy.key, chain_, std::string{}, order);
    records_.back().choose(policy.backend);
}

void ChainRecord::inherit(const ChainRecord& before)
{
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto old = std::ranges::find(before.records_, records_[i].key(), &RuleRecord::key);
        if (old == before.records_.end())
            continue;
        const auto was = static_cast<std::size_t>(old - before.records_.begin());
        const bool bothRules = i < rules_.size() && was < before.rules_.size();
        records_[i].inherit(
            *old, !bothRules || *rules_[i].declared == *before.rules_[was].declared);
        if (bothRules)
            rules_[i].lastSeen = before.rules_[was].lastSeen;
    }
}

void ChainRecord::undeclareAll()
{
    rules_.clear();
    policy_.reset();
    records_.clear();
}

Plan ChainRecord::look(const Snapshot& snapshot, const Occasion& occasion, Instant now)
{
    there_ = true;
    if (refusedUntil_ && *refusedUntil_ <= now)
        refusedUntil_.reset();
    for (std::size_t i = 0; i < rules_.size(); ++i)
        rules_[i].paused = records_[i].paused(now);
    if (policy_)
        policy_->paused = records_.back().paused(now);
    recallCounters(rules_, snapshot.gone);

    Reconciliation found = reconcile(rules_, policy_ ? &*policy_ : nullptr, snapshot);
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        records_[i].sawFinding(found.rules[i], snapshot.generation, occasion);
        if (found.rules[i].handle)
            rules_[i].lastSeen = found.rules[i].counters;
    }
    if (policy_)
        records_.back().sawFinding({.damage = found.policy}, snapshot.generation, occasion);
    if (!removals_.empty() || refusedUntil_)
        std::erase_if(found.plan, [this](const Step& step) { return leftAlone(step); });
    return std::move(found.plan);
}

void ChainRecord::look(const ChainMissing& missing, const Occasion& occasion)
{
    there_ = false;
    refusedUntil_.reset();
    for (RuleRecord& record : records_)
        record.sawChainMissing(missing.tableMissing, missing.generation, occasion);
}

Plan ChainRecord::planIfEmptied() const
{
    std::vector<GuardedRule> rules = rules_;
    for (GuardedRule& rule : rules)
        rule.paused = false; // at the last look it may have been
    return reconcile(rules, nullptr, Snapshot{.chain = chain_}).plan;
}

bool ChainRecord::removedRetired(
    const std::string& id, Instant now, std::chrono::milliseconds window)
{
    std::erase_if(removals_, [&](const auto& known) {
        return known.second.count < mostRemovals && now - known.second.last > window;
    });
    refusedUntil_.reset();
    refusalTold_ = false;
    Removals& removals = removals_[id];
    removals.last = now;
    return ++removals.count == mostRemovals;
}

bool ChainRecord::retiredRefused(Instant retryAt)
{
    refusedUntil_ = retryAt;
    return !std::exchange(refusalTold_, true);
}

bool ChainRecord::leftAlone(const Step& step) const
{
    const bool declared =
        std::ranges::find(records_, keyOf(step), &RuleRecord::key) != records_.end();
    if (declared || !std::holds_alternative<DeleteRule>(step))
        return false;
    if (refusedUntil_)
        return true;
    const auto removals = removals_.find(keyOf(step).id);
    return removals != removals_.end() && removals->second.count >= mostRemovals;
}

void ChainRecord::twinThere(bool there)
{
    for (RuleRecord& record : records_)
        record.twinThere(there);
}

RuleRecord* ChainRecord::find(const RuleKey& key)
{
    const auto at = std::ranges::find(records_, key, &RuleRecord::key);
    return at == records_.end() ? nullptr : &*at;
}

RuleStatus ChainRecord::status(std::size_t record) const
{
    RuleStatus status = records_[record].status();
    if (record < rules_.size())
        status.position = rules_[record].declared->position;
    else
        status.policy = policy_->declared.policy;
    return status;
}

std::vector<ChainRecord> chainsOf(const Declaration& declaration)
{
    std::vector<ChainRecord> chains;
    const auto recordOf = [&](const ChainId& chain) -> ChainRecord& {
        const auto at = std::ranges::find(chains, chain, &ChainRecord::chain);
        return at != chains.end() ? *at : chains.emplace_back(chain);
    };
    const auto declare = [&](auto declared, std::size_t order) {
        if (declared.backend != BackendChoice::legacy)
            recordOf(declared.chain).declare(declared, order);
        if (declared.backend == BackendChoice::nfTables)
            return;
        declared.key.backend = declared.chain.backend = BackendKind::legacy;
        recordOf(declared.chain).declare(declared, order);
    };
    std::size_t order = 0;
    for (const DeclaredRule& rule : declaration.rules)
        declare(rule, order++);
    for (const DeclaredPolicy& policy : declaration.policies)
        declare(policy, order++);
    for (ChainRecord& chain : chains)
        for (RuleRecord& record : chain.records())
            record.observe(declaration.mode == Mode::observe);
    return chains;
}

} // namespace fwdguard
