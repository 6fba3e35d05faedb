// SPDX-License-Identifier: GPL-2.0-or-later
// What others may know of the guard.
#include "core/guard.hpp"

#include <algorithm>
#include <array>

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
    for (const ChainRecord& chain : chains_)
        for (const RuleRecord& record : chain.records())
            sooner(record.wakeAt(now, declaration_.pacing));
    return at;
}

Status Guard::status() const
{
    Status status{
        .state = managerState(),
        .generation = generation_,
        .since = since_,
        .repairs = repairs_,
        .overruns = overruns_,
        .missed = missed_,
        .rules = std::vector<RuleStatus>(declaration_.rules.size() + declaration_.policies.size()),
    };
    for (const ChainRecord& chain : chains_)
        for (std::size_t i = 0; i < chain.records().size(); ++i)
            status.rules[chain.records()[i].order()] = chain.status(i);
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
    return any(RuleState::held) ? ManagerState::held : ManagerState::guarding;
}

bool Guard::knows(std::string_view id) const
{
    const auto named = [id](const auto& declared) { return declared.key.id == id; };
    return std::ranges::any_of(declaration_.rules, named) ||
           std::ranges::any_of(declaration_.policies, named);
}

bool Guard::allInPlace() const
{
    return std::ranges::all_of(chains_, [](const ChainRecord& chain) {
        return std::ranges::all_of(chain.records(), [](const RuleRecord& record) {
            return record.state() == RuleState::inPlace && !record.damaged();
        });
    });
}

} // namespace fwdguard
