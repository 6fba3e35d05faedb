// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/fake_kernel.hpp"

#include <algorithm>
#include <array>

namespace fwdguard::model {

namespace {

std::string jumpTarget(const RuleBody& body)
{
    const bool jumps =
        body.verdict.kind == Verdict::Kind::jump || body.verdict.kind == Verdict::Kind::goTo;
    return jumps ? body.verdict.chain : std::string{};
}

Effect effectOf(Verdict::Kind kind)
{
    constexpr std::array effects{
        Effect::accept, Effect::drop, Effect::returnBack, Effect::jump, Effect::goTo};
    return effects.at(static_cast<std::size_t>(kind));
}

SurveyedChain surveyed(const ChainId& id, const FakeChain& chain)
{
    SurveyedChain seen{.chain = id};
    if (chain.policy)
        seen.base = BaseHook{.policy = *chain.policy};
    for (const FakeRule& rule : chain.rules)
        seen.rules.push_back({
            .match = rule.body.match,
            .effect = effectOf(rule.body.verdict.kind),
            .target = jumpTarget(rule.body),
            .id = rule.id,
        });
    return seen;
}

} // namespace

void FakeKernel::committed()
{
    if (open_)
        return;
    ++generation_.value;
    if (silent || loseAnnouncements)
        prepared_.clear(); // the fake has one way to hear, and that was all it had to say
    if (silent)
        return;
    if (loseAnnouncements) {
        overrun_ = true;
        return;
    }
    latest_ = generation_;
    announced_.push_back({.generation = generation_, .committer = actor, .backend = backend_});
}

/// Legacy rules have no numbers of their own.
void FakeKernel::renumber()
{
    if (backend_ == BackendKind::nfTables)
        return;
    for (auto& [key, table] : tables_) {
        for (auto& [name, chain] : table.chains) {
            table.lastHandle = std::max(table.lastHandle, std::uint64_t{chain.rules.size()});
            for (std::size_t i = 0; i < chain.rules.size(); ++i)
                chain.rules[i].handle = {i + 1};
        }
    }
}

FakeChain& FakeKernel::at(const ChainId& chain)
{
    return tables_.at({chain.family, chain.table}).chains.at(chain.chain);
}

const FakeChain* FakeKernel::find(const ChainId& chain) const
{
    return find(tables_, chain);
}

const FakeChain* FakeKernel::find(const Tables& tables, const ChainId& chain)
{
    const auto table = tables.find({chain.family, chain.table});
    if (table == tables.end())
        return nullptr;
    const auto found = table->second.chains.find(chain.chain);
    return found == table->second.chains.end() ? nullptr : &found->second;
}

void FakeKernel::addTable(Family family, const std::string& table)
{
    tables_.try_emplace({family, table});
    committed();
}

void FakeKernel::deleteTable(Family family, const std::string& table)
{
    tables_.erase({family, table});
    committed();
}

void FakeKernel::addChain(const ChainId& chain, std::optional<Policy> policy)
{
    tables_[{chain.family, chain.table}].chains.try_emplace(
        chain.chain, FakeChain{.policy = policy});
    committed();
}

void FakeKernel::deleteChain(const ChainId& chain)
{
    tables_.at({chain.family, chain.table}).chains.erase(chain.chain);
    committed();
}

void FakeKernel::renameChain(const ChainId& chain, const std::string& to)
{
    auto& chains = tables_.at({chain.family, chain.table}).chains;
    auto node = chains.extract(chain.chain);
    node.key() = to;
    chains.insert(std::move(node));
    for (auto& [name, content] : chains)
        for (FakeRule& rule : content.rules)
            if (jumpTarget(rule.body) == chain.chain)
                rule.body.verdict.chain = to;
    committed();
}

void FakeKernel::flush(const ChainId& chain)
{
    at(chain).rules.clear();
    committed();
}

void FakeKernel::insert(const ChainId& chain, std::size_t index, FakeRule rule)
{
    rule.handle = {++tables_.at({chain.family, chain.table}).lastHandle};
    auto& rules = at(chain).rules;
    rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(index), std::move(rule));
    committed();
}

void FakeKernel::erase(const ChainId& chain, std::size_t index)
{
    auto& rules = at(chain).rules;
    rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(index));
    committed();
}

void FakeKernel::replace(const ChainId& chain, std::size_t index, FakeRule rule)
{
    rule.handle = {++tables_.at({chain.family, chain.table}).lastHandle};
    at(chain).rules.at(index) = std::move(rule);
    committed();
}

void FakeKernel::setPolicy(const ChainId& chain, Policy policy)
{
    at(chain).policy = policy;
    committed();
}

void FakeKernel::touchElsewhere()
{
    committed();
}

void FakeKernel::writeAnew(Family family, const std::string& table)
{
    Table& anew = tables_.at({family, table});
    anew.lastHandle = 0;
    for (auto& [name, chain] : anew.chains)
        for (FakeRule& rule : chain.rules)
            rule.handle = {++anew.lastHandle};
    committed();
}

void FakeKernel::atOnce(const std::function<void()>& calls)
{
    open_ = true;
    calls();
    open_ = false;
    committed();
}

Survey FakeKernel::survey() const
{
    Survey survey;
    for (const auto& [table, content] : tables_)
        for (const auto& [name, chain] : content.chains)
            survey.chains.push_back(surveyed({table.first, table.second, name}, chain));
    return survey;
}

Changes FakeKernel::changes()
{
    anticipated_.reset();
    Changes changes{
        .transactions = std::exchange(announced_, {}),
        .latest = std::exchange(latest_, {}),
        .overrun = std::exchange(overrun_, false),
    };
    return changes;
}

SnapshotResult FakeKernel::snapshot(const ChainId& chain, bool withPolicy)
{
    ++snapshots;
    renumber();
    read_ = generation_;
    const Tables& tables = anticipated_ ? anticipated_->before : tables_;
    const Generation generation = anticipated_ ? anticipated_->generation : generation_;
    if (failSnapshots > 0) {
        --failSnapshots;
        return SnapshotFailed{chain, std::make_error_code(std::errc::interrupted)};
    }
    const FakeChain* found = find(tables, chain);
    if (found == nullptr)
        return ChainMissing{
            .chain = chain,
            .tableMissing = !tables.contains({chain.family, chain.table}),
            .generation = generation,
        };
    Snapshot snapshot{.chain = chain, .generation = generation};
    if (withPolicy)
        snapshot.policy = found->policy;
    for (const FakeRule& rule : found->rules) {
        if (!rule.id.empty())
            snapshot.tagged.push_back({
                .index = snapshot.rules.size(),
                .id = rule.id,
                .body = rule.body,
                .counters = rule.counters,
            });
        snapshot.rules.push_back({.handle = rule.handle, .jumpsTo = jumpTarget(rule.body)});
    }
    if (afterSnapshot)
        std::exchange(afterSnapshot, {})();
    return snapshot;
}

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
    settled_ = tables_;
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

bool FakeKernel::anticipate()
{
    PreparedRepair* const repair = repairNow();
    const Tables before = std::exchange(settled_, tables_);
    if (repair == nullptr)
        return false;
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
        if (const std::optional<std::errc> error = apply(after, plan[i]))
            return CommitFailed{.error = std::make_error_code(*error), .step = i};
    tables_ = std::move(after);
    ++generation_.value;
    latest_ = generation_; // our own announcement: seen, but nobody's change
    ++commits;
    if (afterCommit)
        afterCommit();
    return Committed{};
}

std::optional<std::vector<ChainId>> FakeKernel::chainsWithTags()
{
    std::vector<ChainId> chains;
    for (const auto& [key, table] : tables_)
        for (const auto& [name, chain] : table.chains)
            if (std::ranges::any_of(chain.rules, [](const auto& rule) { return !rule.id.empty(); }))
                chains.push_back(
                    {.family = key.first, .table = key.second, .chain = name, .backend = backend_});
    return chains;
}

Cause FakeKernel::identify(const Committer& committer)
{
    ++identified;
    return {
        .pid = committer.pid,
        .comm = committer.comm,
        .parent = ParentProcess{.pid = 1234, .comm = "dockerd"},
        .unit = "docker.service",
    };
}

} // namespace fwdguard::model
