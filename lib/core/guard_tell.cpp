// SPDX-License-Identifier: GPL-2.0-or-later
// The second half of a look: who did it, what is told, and the return to quiet.
#include "core/guard.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace fwdguard {

void Guard::attribute(const Now& now)
{
    bool wanted = !look_.left.empty();
    forEachRecord([&](const RuleRecord& record) { wanted |= record.wantsCause(); });
    // After an overrun, whoever it was may be among the announcements that were lost.
    const bool knowable = wanted && !look_.overrun && !look_.committers.tooMany();
    // Without an announcement the change was seen before that was there to be read.
    const bool nobodyYet = knowable && look_.committers.empty() && phase_ != Phase::attributing;
    if (look_.unread || nobodyYet) {
        phase_ = Phase::attributing;
        actions_.emplace_back(ReadChanges{});
    } else if (knowable && !look_.committers.empty()) {
        phase_ = Phase::attributing;
        actions_.emplace_back(Identify{look_.committers.each()});
    } else {
        conclude({}, now);
    }
}

void Guard::handle(const Identified& fact, const Now& now)
{
    conclude(commonCause(fact.causes), now);
}

void Guard::conclude(const Cause& cause, const Now& now)
{
    const bool noAnnouncement = look_.committers.empty() && !look_.overrun;
    forEachRecord([&](RuleRecord& record) {
        if (!record.wantsCause())
            return;
        record.attribute(cause, noAnnouncement);
        if (look_.occasion.unannounced && noAnnouncement)
            ++missed_;
    });
    lookForTwins();
    tellLeft(cause);
    tellIncidents();
    tellStates();
    if (!look_.committed) {
        finish(now);
        return;
    }
    const bool announced = look_.announced;
    look(now, false); // what the kernel has now: handles, places, and that it is so
    look_.announced = announced;
}

void Guard::tellRetired(const Now& now)
{
    std::set<std::pair<ChainId, RuleKey>> told; // there may have been several copies
    for (const Step& step : look_.shares[look_.committing].plan) {
        const auto chain = std::ranges::find(chains_, chainOf(step), &ChainRecord::chain);
        const RuleKey key = keyOf(step);
        if (chain->find(key) != nullptr || !told.emplace(chainOf(step), key).second)
            continue;
        actions_.emplace_back(Tell{RetiredRemoved{key, chainOf(step)}});
        if (chain->removedRetired(key.id, now.instant, declaration_.pacing.window))
            look_.left.push_back({.key = key, .chain = chainOf(step)});
    }
}

void Guard::tellLeft(const Cause& cause)
{
    for (RetiredLeft& left : std::exchange(look_.left, {})) {
        left.opponent = cause;
        actions_.emplace_back(Tell{std::move(left)});
    }
}

void Guard::tellIncidents()
{
    forEachRecord([&](RuleRecord& record) {
        std::optional<Incident> incident = record.takeIncident();
        if (!incident)
            return;
        // An incident's text says all that the change between these two states could say.
        if (record.state() == RuleState::inPlace || record.state() == RuleState::waiting)
            record.told = record.state();
        actions_.emplace_back(Tell{*std::move(incident)});
    });
}

void Guard::tellStates()
{
    forEachRecord([&](RuleRecord& record) {
        const RuleState state = record.state();
        if (state == RuleState::repairing || record.told == state || record.leftOut())
            return;
        RuleStateChanged change{
            .key = record.key(),
            .chain = record.chain(),
            .from = record.told.value_or(RuleState::waiting),
            .to = state,
            .detail = record.detail(),
        };
        if (state == RuleState::contested && record.lastIncident())
            change.opponent = record.lastIncident()->cause;
        record.told = state;
        actions_.emplace_back(Tell{std::move(change)});
    });
}

void Guard::handle(const ShadowsFound& fact, const Now&)
{
    forEachRecord([&](RuleRecord& record) {
        const auto shadow = std::ranges::find(fact.shadows, record.key(), &Shadow::key);
        record.shadow(shadow == fact.shadows.end() ? std::string{} : shadow->reason);
    });
    tellStates();
    publishIfChanged();
}

void Guard::finish(const Now& now)
{
    phase_ = Phase::idle;
    started_ = true;
    if (declaration_.sweep.count() == 0)
        nextSweep_.reset();
    else if (!look_.announced || !nextSweep_)
        nextSweep_ = now.instant + declaration_.sweep;
    if (!retryAt_)
        dropEmptyChains();
    prepareRepairs(now);
    publishIfChanged();
    if (!std::exchange(soughtTagged_, true))
        actions_.emplace_back(FindTagged{});
}

/// Whether it is certain what would be done about an emptied chain, whenever that happens: a rule
/// that may be repaired now may be until it is repaired, held or declared in another way. A chain
/// that is not there is read again in each look, behind whatever was committed before.
bool Guard::readyForRepairs(const Now& now)
{
    bool ready = std::ranges::none_of(chains_, &ChainRecord::empty);
    forEachRecord([&](const RuleRecord& record) {
        if (record.key().backend == BackendKind::nfTables)
            ready &= !record.damaged() && !record.paused(now.instant);
    });
    return ready;
}

void Guard::prepareRepairs(const Now& now)
{
    bool ready = readyForRepairs(now);
    if (ready && retryAt_) // somebody has committed meanwhile, which need not concern us
        ready = prepared_.value_or(false);
    if (std::exchange(prepared_, ready) == ready)
        return;
    Prepare prepare;
    for (const ChainRecord& chain : chains_)
        if (ready && chain.chain().backend == BackendKind::nfTables)
            prepare.repairs.push_back({.chain = chain.chain(), .plan = chain.planIfEmptied()});
    actions_.emplace_back(std::move(prepare));
}

void Guard::publishIfChanged()
{
    bool changed = false;
    forEachRecord([&](RuleRecord& record) { changed |= record.takeChanged(); });
    const Published whole{.state = managerState(), .overruns = overruns_, .missed = missed_};
    if (std::exchange(published_, whole) != whole || changed)
        actions_.emplace_back(Publish{});
}

void Guard::dropEmptyChains()
{
    std::erase_if(chains_, [this](const ChainRecord& chain) {
        return chain.empty() && !lockOf(chain).retryAt() && !chain.removalAt();
    });
}

} // namespace fwdguard
