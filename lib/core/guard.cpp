// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/guard.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard {

namespace {

using std::chrono::milliseconds;

/// Tries that insist on the generation; then tries that do not, verified by the look that follows.
constexpr int checkedAttempts = 8;
constexpr int allAttempts = 16;
constexpr milliseconds retryDelay{10};
constexpr milliseconds readRetryDelay{100};

bool concerns(const std::string& id, const RuleRecord& record)
{
    return id.empty() || record.key().id == id;
}

} // namespace

Guard::Guard(Declaration declaration)
    : declaration_(std::move(declaration)), chains_(chainsOf(declaration_))
{
}

void Guard::on(const Fact& fact, const Now& now)
{
    std::visit([&](const auto& f) { handle(f, now); }, fact);
}

const Action* Guard::nextAction()
{
    if (done_ < actions_.size())
        return &actions_[done_++];
    actions_.clear();
    done_ = 0;
    return nullptr;
}

// ---- What starts a look

void Guard::handle(const Started&, const Now& now)
{
    since_ = now.wall;
    look(now, false);
}

void Guard::handle(const Woke&, const Now& now)
{
    forEachRecord([&](RuleRecord& record) { record.expire(now.instant, declaration_.pacing); });
    const bool sweepDue = nextSweep_ && *nextSweep_ <= now.instant;
    retryAt_.reset();
    look(now, sweepDue);
}

void Guard::handle(const CheckRequested&, const Now& now)
{
    look(now, true);
}

void Guard::handle(const HoldRequested& fact, const Now& now)
{
    forEachRecord([&](RuleRecord& record) {
        if (concerns(fact.id, record))
            record.hold(fact.until);
    });
    look(now, false);
}

void Guard::handle(const ReleaseRequested& fact, const Now& now)
{
    forEachRecord([&](RuleRecord& record) {
        if (concerns(fact.id, record))
            record.release();
    });
    look(now, false);
}

void Guard::handle(const Reloaded& fact, const Now& now)
{
    std::vector<ChainRecord> before = std::exchange(chains_, chainsOf(fact.declaration));
    declaration_ = fact.declaration;
    published_.reset();
    for (const ChainRecord& old : before) {
        const auto same = std::ranges::find(chains_, old.chain(), &ChainRecord::chain);
        if (same != chains_.end())
            same->inherit(old);
        else
            chains_.emplace_back(old.chain());
    }
    look(now, false);
}

void Guard::handle(const TaggedFound& fact, const Now& now)
{
    soughtTagged_ = true;
    for (const ChainId& chain : fact.chains)
        if (std::ranges::find(chains_, chain, &ChainRecord::chain) == chains_.end())
            chains_.emplace_back(chain);
    look(now, false);
}

void Guard::handle(const StopRequested&, const Now& now)
{
    stopping_ = true;
    if (declaration_.onStop == OnStop::remove) {
        for (ChainRecord& chain : chains_)
            chain.undeclareAll();
        look(now, false);
    } else {
        publishIfChanged();
    }
}

void Guard::handle(const Announced&, const Now& now)
{
    // The chains first: what was announced, by whom, can be read when the rule is back.
    beginLook(now, false);
    look_.unread = true;
    actions_.emplace_back(TakeSnapshots{});
}

void Guard::handle(const ChangesRead& fact, const Now& now)
{
    if (fact.changes.overrun) {
        ++overruns_;
        actions_.emplace_back(Tell{Overrun{overruns_}});
    }
    look_.unread = false;
    look_.overrun |= fact.changes.overrun;
    sortByTime(fact.changes.transactions);
    if (phase_ != Phase::attributing)
        return; // the chains are read after this
    if (!look_.committed && (!look_.later.empty() || fact.changes.overrun))
        retryAt_ = retryAt_.value_or(now.instant);
    attribute(now);
}

void Guard::sortByTime(const std::vector<Transaction>& transactions)
{
    for (const Transaction& transaction : transactions) {
        const bool late =
            phase_ == Phase::attributing && transaction.generation.isAfter(generation_);
        (late ? look_.later : look_.committers).push_back(transaction.committer);
    }
}

void Guard::beginLook(const Now& now, bool unannounced)
{
    look_ = {
        .occasion = {.heard = now, .unannounced = unannounced},
        .committers = std::exchange(look_.later, {}),
    };
    phase_ = Phase::looking;
}

void Guard::look(const Now& now, bool unannounced)
{
    beginLook(now, unannounced);
    actions_.emplace_back(ReadChanges{});
    actions_.emplace_back(TakeSnapshots{});
}

void Guard::lookAgain(const Now& now)
{
    if (++look_.attempts >= allAttempts) {
        retryAt_ = now.instant + retryDelay;
        attribute(now);
        return;
    }
    phase_ = Phase::looking;
    actions_.emplace_back(ReadChanges{});
    actions_.emplace_back(TakeSnapshots{});
}

// ---- What a look finds, and the commit

std::optional<Generation> Guard::judge(const std::vector<SnapshotResult>& results, const Now& now)
{
    std::optional<Generation> oldest;
    bool consistent = true;
    const auto sawGeneration = [&](Generation generation) {
        consistent &= !oldest || *oldest == generation;
        if (!oldest || oldest->isAfter(generation))
            oldest = generation;
    };
    for (std::size_t i = 0; i < chains_.size(); ++i) {
        ChainRecord& chain = chains_[i];
        if (const auto* failure = std::get_if<SnapshotFailed>(&results[i])) {
            readFailed(chain, *failure, now);
            continue;
        }
        chain.unreadable = false;
        if (const auto* missing = std::get_if<ChainMissing>(&results[i])) {
            sawGeneration(missing->generation);
            chain.look(*missing, look_.occasion);
            continue;
        }
        const auto& snapshot = std::get<Snapshot>(results[i]);
        sawGeneration(snapshot.generation);
        Plan steps = chain.look(snapshot, look_.occasion, now.instant);
        if (look_.plan.empty())
            look_.plan = std::move(steps);
        else
            std::ranges::move(steps, std::back_inserter(look_.plan));
    }
    if (oldest)
        generation_ = *oldest;
    return consistent ? oldest : std::nullopt;
}

void Guard::readFailed(ChainRecord& chain, const SnapshotFailed& failure, const Now& now)
{
    retryAt_ = now.instant + readRetryDelay;
    if (!std::exchange(chain.unreadable, true))
        actions_.emplace_back(Tell{ReadFailed{chain.chain(), failure.error}});
}

void Guard::handle(const SnapshotsTaken& fact, const Now& now)
{
    look_.plan.clear();
    look_.plannedAt = now.instant;
    const std::optional<Generation> generation = judge(fact.results, now);
    if (look_.plan.empty()) {
        attribute(now);
        return;
    }
    const bool checked = look_.attempts < checkedAttempts;
    if (checked && !generation) {
        lookAgain(now); // somebody committed between two reads
        return;
    }
    phase_ = Phase::committing;
    actions_.emplace_back(CommitPlan{&look_.plan, checked ? generation : std::nullopt});
}

bool Guard::planned(const RuleRecord& record) const
{
    return record.damaged() && !record.chainMissing() && !record.paused(look_.plannedAt);
}

void Guard::handle(const CommitDone& fact, const Now& now)
{
    if (const auto* failure = std::get_if<CommitFailed>(&fact.result)) {
        refused(*failure, now);
        lookAgain(now);
        return;
    }
    if (std::holds_alternative<Stale>(fact.result)) {
        lookAgain(now);
        return;
    }
    look_.committed = true;
    forEachRecord([&](RuleRecord& record) {
        if (planned(record) && record.committed(now, declaration_.pacing))
            ++repairs_;
    });
    tellRetired();
    attribute(now);
}

void Guard::refused(const CommitFailed& failure, const Now& now)
{
    // Without the generation check, a rule we wanted to stand before or delete may just be gone.
    const bool raced =
        look_.attempts >= checkedAttempts && failure.error == std::errc::no_such_file_or_directory;
    if (raced)
        return;
    const bool wholeTable = failure.error == std::errc::operation_not_permitted ||
                            failure.error == std::errc::permission_denied;
    forEachRecord([&](RuleRecord& record) {
        if (!planned(record))
            return;
        const Step* step = failure.step ? &look_.plan[*failure.step] : nullptr;
        const bool same = step == nullptr || record.key() == keyOf(*step);
        const bool sameTable = wholeTable && step != nullptr &&
                               record.chain().family == chainOf(*step).family &&
                               record.chain().table == chainOf(*step).table;
        if (same || sameTable)
            record.refused(failure.error, now.instant);
    });
}

void Guard::tellRetired()
{
    for (const Step& step : look_.plan) {
        const auto chain = std::ranges::find(chains_, chainOf(step), &ChainRecord::chain);
        if (chain->find(keyOf(step)) == nullptr)
            actions_.emplace_back(Tell{RetiredRemoved{keyOf(step), chainOf(step)}});
    }
}

} // namespace fwdguard
