// SPDX-License-Identifier: GPL-2.0-or-later
// What the driver commits, and what of it is anticipated.
#include "model/fake_kernel.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard::model {

std::optional<std::errc> FakeKernel::apply(Tables& tables, const Step& step) const
{
    const ChainId& id = chainOf(step);
    const auto table = tables.find({id.family, id.table});
    if (table == tables.end() || !table->second.chains.contains(id.chain))
        return std::errc::no_such_file_or_directory;
    FakeChain& chain = table->second.chains.at(id.chain);
    auto& rules = chain.rules;
    const auto findRule = [&](Handle handle) {
        return std::ranges::find(rules, handle, &FakeRule::handle);
    };

    if (const auto* policy = std::get_if<SetPolicy>(&step)) {
        if (!chain.policy)
            return std::errc::operation_not_supported;
        chain.policy = policy->policy;
        return std::nullopt;
    }
    if (const auto* deletion = std::get_if<DeleteRule>(&step)) {
        const auto rule = findRule(deletion->handle);
        if (rule == rules.end())
            return std::errc::no_such_file_or_directory;
        if (stuckIds.contains(rule->id))
            return std::errc::device_or_resource_busy;
        rules.erase(rule);
        return std::nullopt;
    }
    const auto& insertion = std::get<InsertRule>(step);
    if (refusedIds.contains(insertion.rule->key.id))
        return std::errc::operation_not_supported;
    FakeRule rule{
        .handle = {++table->second.lastHandle},
        .id = insertion.rule->key.id,
        .body = insertion.rule->body,
        .counters = insertion.counters,
    };
    if (const auto* before = std::get_if<Before>(&insertion.place)) {
        const auto anchor = findRule(before->handle);
        if (anchor == rules.end())
            return std::errc::no_such_file_or_directory;
        rules.insert(anchor, std::move(rule));
    } else if (std::holds_alternative<AtHead>(insertion.place)) {
        rules.insert(rules.begin(), std::move(rule));
    } else {
        rules.push_back(std::move(rule));
    }
    return std::nullopt;
}

CommitResult FakeKernel::commit(const Plan& plan, std::optional<Generation> generation)
{
    prepared_.clear();
    const auto before = std::exchange(anticipated_, std::nullopt);
    if (!before)
        return commitNow(plan, generation);
    if (before->plan != plan || before->generation != generation)
        return Stale{};
    return before->result;
}

void FakeKernel::prepare(std::vector<PreparedRepair> repairs)
{
    prepared_ = std::move(repairs);
    settle();
}

void FakeKernel::settle()
{
    settled_ = tables_;
    unsettled_ = false;
}

/// nullptr: more has changed than that one chain was emptied, or less. What happened in between
/// does not count here; to events it does.
PreparedRepair* FakeKernel::repairNow()
{
    PreparedRepair* repair = nullptr;
    for (PreparedRepair& prepared : prepared_) {
        const FakeChain* before = find(settled_, prepared.chain);
        const FakeChain* now = find(prepared.chain);
        if (before == nullptr || now == nullptr)
            return nullptr;
        if (*before == *now)
            continue;
        if (repair != nullptr || !now->rules.empty() || before->policy != now->policy)
            return nullptr;
        repair = &prepared;
    }
    return repair == nullptr || repair->plan.empty() ? nullptr : repair;
}

/// What is prepared is for chains as they are no more, until the guard has looked at them.
bool FakeKernel::preparedForAnother() const
{
    return std::ranges::any_of(prepared_, [this](const PreparedRepair& prepared) {
        const FakeChain* before = find(settled_, prepared.chain);
        const FakeChain* now = find(tables_, prepared.chain);
        return before == nullptr || now == nullptr || *before != *now;
    });
}

bool FakeKernel::anticipate()
{
    PreparedRepair* const repair = unsettled_ ? nullptr : repairNow();
    if (repair == nullptr) {
        unsettled_ = unsettled_ || preparedForAnother();
        return false;
    }
    const Tables before = std::exchange(settled_, tables_);
    Anticipated early{
        .before = tables_, .generation = generation_, .plan = std::move(repair->plan)};
    for (const FakeRule& gone : find(before, repair->chain)->rules)
        for (Step& step : early.plan)
            if (auto* insertion = std::get_if<InsertRule>(&step);
                insertion != nullptr && insertion->rule->key.id == gone.id)
                insertion->counters = gone.counters;
    prepared_.clear();
    early.result = commitNow(early.plan, early.generation);
    if (auto* const done = std::get_if<Committed>(&early.result))
        done->anticipated = true;
    ++anticipated;
    anticipated_ = std::move(early);
    return true;
}

CommitResult FakeKernel::commitNow(const Plan& plan, std::optional<Generation> generation)
{
    if (beforeCommit)
        beforeCommit();
    if (locked) {
        ++lockedOut;
        return Locked{};
    }
    if (generation && staleCommits > 0) {
        --staleCommits;
        return Stale{};
    }
    if (generation && *generation != generation_)
        return Stale{};
    if (backend_ == BackendKind::legacy && !generation && read_ != generation_)
        return Stale{};
    Tables after = tables_;
    for (std::size_t i = 0; i < plan.size(); ++i)
        if (const std::optional<std::errc> error = apply(after, plan[i])) {
            ++refusals;
            return CommitFailed{.error = std::make_error_code(*error), .step = i};
        }
    tables_ = std::move(after);
    ++generation_.value;
    latest_ = generation_; // our own announcement: seen, but nobody's change
    ++commits;
    if (afterCommit)
        afterCommit();
    return Committed{};
}

} // namespace fwdguard::model
