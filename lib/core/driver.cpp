// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/driver.hpp"

#include <utility>

namespace fwdguard {

namespace {

/// One action carried out; what comes of it, if the guard is to know.
struct Performer {
    Kernel& kernel;
    Reporter& reporter;
    const Guard& guard;
    Instant anticipatedAt;

    std::optional<Fact> operator()(const ReadChanges&) const
    {
        return ChangesRead{kernel.changes()};
    }

    std::optional<Fact> operator()(const TakeSnapshots&) const
    {
        SnapshotsTaken taken;
        taken.results.reserve(guard.chains().size());
        for (const ChainRecord& chain : guard.chains())
            taken.results.push_back(kernel.snapshot(chain.chain(), chain.guardsPolicy()));
        return taken;
    }

    std::optional<Fact> operator()(const CommitPlan& action) const
    {
        CommitDone done{.result = kernel.commit(*action.plan, action.generation)};
        const auto* const committed = std::get_if<Committed>(&done.result);
        if (committed != nullptr && committed->anticipated)
            done.at = anticipatedAt;
        return done;
    }

    std::optional<Fact> operator()(const Prepare& action) const
    {
        kernel.prepare(action.repairs);
        return std::nullopt;
    }

    std::optional<Fact> operator()(const Identify& action) const
    {
        Identified identified;
        identified.causes.reserve(action.committers.size());
        for (const Committer& committer : action.committers)
            identified.causes.push_back(kernel.identify(committer));
        return identified;
    }

    std::optional<Fact> operator()(const FindTagged&) const
    {
        if (auto chains = kernel.chainsWithTags())
            return TaggedFound{*std::move(chains)};
        return std::nullopt;
    }

    std::optional<Fact> operator()(const Tell& action) const
    {
        reporter.report(action.report);
        return std::nullopt;
    }

    std::optional<Fact> operator()(const Publish&) const
    {
        reporter.publish(guard.status());
        return std::nullopt;
    }
};

} // namespace

Driver::Driver(Guard& guard, Kernel& kernel, Reporter& reporter, Clock clock)
    : guard_(guard), kernel_(kernel), reporter_(reporter), clock_(std::move(clock))
{
}

std::optional<Fact> Driver::perform(const Action& action)
{
    return std::visit(Performer{kernel_, reporter_, guard_, anticipatedAt_}, action);
}

void Driver::handle(const Fact& fact)
{
    handle(fact, clock_());
}

void Driver::handle(const Fact& fact, const Now& now)
{
    // Facts are fed as soon as they are known; what follows from one is done after what was wanted
    // before it.
    guard_.on(fact, now);
    while (const Action* action = guard_.nextAction())
        if (const std::optional<Fact> outcome = perform(*action))
            guard_.on(*outcome, clock_());
}

void Driver::announced()
{
    const Now heard = clock_();
    if (!anticipated(heard))
        handle(Announced{}, heard);
}

bool Driver::glance()
{
    return anticipated(clock_());
}

bool Driver::anticipated(const Now& heard)
{
    if (!kernel_.anticipate())
        return false;
    anticipatedAt_ = clock_().instant;
    handle(Announced{}, heard);
    return true;
}

} // namespace fwdguard
