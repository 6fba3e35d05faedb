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
constexpr milliseconds removalRetryDelay{1000};

std::size_t indexOf(BackendKind backend)
{
    return static_cast<std::size_t>(backend);
}

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

void Guard::handle(const Started& fact, const Now& now)
{
    since_ = now.wall;
    for (const HoldRequested& hold : fact.holds)
        pause(hold);
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
    pause(fact);
    look(now, false);
}

void Guard::pause(const HoldRequested& hold)
{
    forEachRecord([&](RuleRecord& record) {
        if (concerns(hold.id, record))
            record.hold(hold.until);
    });
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
    if (std::exchange(declaration_, fact.declaration).mode != declaration_.mode)
        soughtTagged_ = false; // what was only observed stayed where it is
    published_.reset();
    prepared_.reset();
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
    look_.announced = look_.unread = true;
    actions_.emplace_back(TakeSnapshots{});
}

void Guard::handle(const ChangesRead& fact, const Now& now)
{
    if (fact.changes.overrun) {
        ++overruns_;
        actions_.emplace_back(Tell{Overrun{overruns_}});
    }
    if (fact.changes.unlocked)
        for (LockWait& lock : locks_)
            lock.unlocked(now.instant);
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
            phase_ == Phase::attributing &&
            transaction.generation.isAfter(generations_[indexOf(transaction.backend)]);
        (late ? look_.later : look_.committers).add(transaction.committer);
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

void Guard::judge(const std::vector<SnapshotResult>& results, const Now& now)
{
    for (std::size_t i = 0; i < chains_.size(); ++i)
        judge(chains_[i], results[i], now);
    for (std::size_t i = 0; i < backendKinds; ++i)
        generations_[i] = look_.shares[i].oldest.value_or(generations_[i]);
}

void Guard::judge(ChainRecord& chain, const SnapshotResult& result, const Now& now)
{
    Share& share = look_.shares[indexOf(chain.chain().backend)];
    const auto sawGeneration = [&share](Generation generation) {
        share.consistent &= !share.oldest || *share.oldest == generation;
        if (!share.oldest || share.oldest->isAfter(generation))
            share.oldest = generation;
    };
    if (const auto* failure = std::get_if<SnapshotFailed>(&result)) {
        readFailed(chain, *failure, now);
        return;
    }
    chain.unreadable = false;
    if (const auto* missing = std::get_if<ChainMissing>(&result)) {
        sawGeneration(missing->generation);
        chain.look(*missing, look_.occasion);
        return;
    }
    const auto& snapshot = std::get<Snapshot>(result);
    sawGeneration(snapshot.generation);
    Plan steps = chain.look(snapshot, look_.occasion, now.instant);
    if (share.plan.empty())
        share.plan = std::move(steps);
    else
        std::ranges::move(steps, std::back_inserter(share.plan));
}

void Guard::readFailed(ChainRecord& chain, const SnapshotFailed& failure, const Now& now)
{
    retryAt_ = now.instant + readRetryDelay;
    if (!std::exchange(chain.unreadable, true))
        actions_.emplace_back(Tell{ReadFailed{chain.chain(), failure.error}});
}

void Guard::handle(const SnapshotsTaken& fact, const Now& now)
{
    look_.shares = {};
    look_.committing = 0;
    look_.again = false;
    look_.plannedAt = now.instant;
    judge(fact.results, now);
    if (declaration_.mode == Mode::observe)
        for (Share& share : look_.shares)
            share.plan.clear();
    commitNext(now);
}

void Guard::commitNext(const Now& now)
{
    const bool checked = look_.attempts < checkedAttempts;
    for (; look_.committing < backendKinds; ++look_.committing) {
        const Share& share = look_.shares[look_.committing];
        if (share.plan.empty()) {
            locks_[look_.committing].over();
            continue;
        }
        const std::optional<Generation> generation = share.generation();
        if (checked && !generation) {
            look_.again = true; // somebody committed between two reads
            continue;
        }
        phase_ = Phase::committing;
        actions_.emplace_back(CommitPlan{&share.plan, checked ? generation : std::nullopt});
        return;
    }
    // What the other backend has acknowledged is told first; another look follows that anyway.
    if (look_.again && !look_.committed)
        lookAgain(now);
    else
        attribute(now);
}

bool Guard::planned(const RuleRecord& record) const
{
    return indexOf(record.key().backend) == look_.committing && record.damaged() &&
           !record.chainMissing() && !record.paused(look_.plannedAt);
}

void Guard::handle(const CommitDone& fact, const Now& now)
{
    prepared_.reset();
    locks_[look_.committing].tried(std::holds_alternative<Locked>(fact.result), now.instant);
    if (const auto* failure = std::get_if<CommitFailed>(&fact.result)) {
        refused(*failure, now);
        look_.again = true;
    } else if (std::holds_alternative<Stale>(fact.result)) {
        look_.again = true;
    } else if (std::holds_alternative<Committed>(fact.result)) {
        look_.committed = true;
        const Now acknowledged{.instant = fact.at.value_or(now.instant), .wall = now.wall};
        forEachRecord([&](RuleRecord& record) {
            if (planned(record) && record.committed(acknowledged, declaration_.pacing))
                ++repairs_;
        });
        tellRetired(now);
    }
    ++look_.committing;
    commitNext(now);
}

void Guard::refused(const CommitFailed& failure, const Now& now)
{
    // Without the generation check, a rule we wanted to stand before or delete may just be gone.
    const bool raced =
        look_.attempts >= checkedAttempts && failure.error == std::errc::no_such_file_or_directory;
    if (raced)
        return;
    const Plan& plan = look_.shares[look_.committing].plan;
    const bool wholeTable = failure.error == std::errc::operation_not_permitted ||
                            failure.error == std::errc::permission_denied;
    forEachRecord([&](RuleRecord& record) {
        if (!planned(record))
            return;
        const Step* step = failure.step ? &plan[*failure.step] : nullptr;
        const bool same = step == nullptr || record.key() == keyOf(*step);
        const bool sameTable = wholeTable && step != nullptr &&
                               record.chain().family == chainOf(*step).family &&
                               record.chain().table == chainOf(*step).table;
        if (same || sameTable)
            record.refused(failure.error, now.instant);
    });
    retiredRefused(failure, now);
}

/// What is declared must not wait for a rule that cannot be taken out.
void Guard::retiredRefused(const CommitFailed& failure, const Now& now)
{
    const Plan& plan = look_.shares[look_.committing].plan;
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const RuleKey key = keyOf(plan[i]);
        const auto chain = std::ranges::find(chains_, chainOf(plan[i]), &ChainRecord::chain);
        if (failure.step.value_or(i) != i || chain->find(key) != nullptr)
            continue;
        if (chain->retiredRefused(now.instant + removalRetryDelay))
            actions_.emplace_back(Tell{RetiredRefused{key, chain->chain(), failure.error}});
    }
}

} // namespace fwdguard
