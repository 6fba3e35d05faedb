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
        .unlocked = std::exchange(unlocked, false),
    };
    return changes;
}

SnapshotResult FakeKernel::snapshot(const ChainId& chain, bool withPolicy)
{
    ++snapshots;
    renumber();
    if (unsettled_ && !anticipated_)
        settle();
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
