// SPDX-License-Identifier: GPL-2.0-or-later
// What others may know of the guard.
#include "core/guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fwdguard {

std::optional<Instant> Guard::wakeAt(Instant now) const
{
    std::optional<Instant> at = nextSweep_;
    const auto sooner = [&](std::optional<Instant> other) {
        if (other && (!at || *other < *at))
            at = other;
    };
    sooner(retryAt_);
    if (retryAt_)
        return at; // until the look is finished, what the records say is not settled
    for (const LockWait& lock : locks_)
        sooner(lock.retryAt());
    for (const ChainRecord& chain : chains_) {
        if (lockOf(chain).retryAt())
            continue; // what is due there is looked at when the lock is tried
        sooner(chain.removalAt());
        for (const RuleRecord& record : chain.records())
            sooner(record.wakeAt(now, declaration_.pacing));
    }
    return at;
}

const ChainRecord* Guard::twinOf(const ChainRecord& chain) const
{
    const auto twin =
        std::ranges::find(chains_, fwdguard::twinOf(chain.chain()), &ChainRecord::chain);
    return twin == chains_.end() ? nullptr : &*twin;
}

void Guard::lookForTwins()
{
    for (ChainRecord& chain : chains_) {
        if (chain.there() || chain.chain().backend == BackendKind::legacy)
            continue; // only what nf_tables lacks may be left out for its twin's sake
        const ChainRecord* twin = twinOf(chain);
        chain.twinThere(twin != nullptr && twin->there());
    }
}

Status Guard::status() const
{
    Status status{
        .state = managerState(),
        .mode = declaration_.mode,
        .generation = generations_.front(),
        .since = since_,
        .repairs = repairs_,
        .overruns = overruns_,
        .missed = missed_,
    };
    struct Shown {
        const ChainRecord* chain;
        std::size_t record;
        std::size_t order;
    };
    std::vector<Shown> all;
    for (const ChainRecord& chain : chains_) {
        for (std::size_t i = 0; i < chain.records().size(); ++i)
            if (const RuleRecord& record = chain.records()[i]; !record.leftOut())
                all.push_back({.chain = &chain, .record = i, .order = record.order()});
        if (chain.there() && chain.chain().backend == BackendKind::nfTables) {
            const ChainRecord* twin = twinOf(chain);
            if (twin != nullptr && twin->there())
                status.mixed.push_back(chain.chain());
        }
    }
    std::ranges::stable_sort(all, {}, &Shown::order);
    for (const Shown& shown : all)
        status.rules.push_back(shown.chain->status(shown.record));
    return status;
}

ManagerState Guard::managerState() const
{
    if (stopping_)
        return ManagerState::stopping;
    if (!started_)
        return ManagerState::starting;
    std::array<bool, 7> seen{};
    bool unreadable = false;
    for (const ChainRecord& chain : chains_) {
        unreadable |= chain.unreadable;
        for (const RuleRecord& record : chain.records())
            seen.at(static_cast<std::size_t>(record.state())) = true;
    }
    const auto any = [&](RuleState state) { return seen.at(static_cast<std::size_t>(state)); };
    if (any(RuleState::contested))
        return ManagerState::contested;
    if (unreadable || any(RuleState::failed) || any(RuleState::shadowed))
        return ManagerState::degraded;
    if (any(RuleState::repairing))
        return ManagerState::repairing;
    const bool paused = declaration_.mode == Mode::observe || any(RuleState::held);
    return paused ? ManagerState::held : ManagerState::guarding;
}

bool Guard::knows(std::string_view id) const
{
    const auto named = [id](const auto& declared) { return declared.key.id == id; };
    return std::ranges::any_of(declaration_.rules, named) ||
           std::ranges::any_of(declaration_.policies, named);
}

std::vector<HoldRequested> Guard::holds() const
{
    std::vector<HoldRequested> holds;
    for (const ChainRecord& chain : chains_)
        for (const RuleRecord& record : chain.records())
            if (record.held() &&
                std::ranges::find(holds, record.key().id, &HoldRequested::id) == holds.end())
                holds.push_back({.id = record.key().id, .until = record.heldUntil()});
    return holds;
}

bool Guard::allInPlace(std::span<const std::string> mayWait) const
{
    const auto settled = [mayWait](const RuleRecord& record) {
        if (record.state() == RuleState::waiting)
            return std::ranges::find(mayWait, record.key().id) != mayWait.end();
        return record.state() == RuleState::inPlace && !record.damaged();
    };
    return std::ranges::all_of(chains_, [&settled](const ChainRecord& chain) {
        return std::ranges::all_of(chain.records(), [&settled](const RuleRecord& record) {
            return record.leftOut() || settled(record);
        });
    });
}

} // namespace fwdguard
