// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that are held wherever their chain is: in nf_tables, in legacy tables, or in both.
#include "model/guard_bench.hpp"

#include <algorithm>
#include <iterator>

using namespace fwdguard;
using namespace fwdguard::model;

namespace {

const ChainId legacyForward = twinOf(forward);

/// Two fake kernels behind one face, as the daemon has two backends.
class BothKernels : public Kernel {
  public:
    BothKernels(FakeKernel& nft, FakeKernel& legacy) : nft_(nft), legacy_(legacy) {}

    Changes changes() override
    {
        Changes all = nft_.changes();
        Changes more = legacy_.changes();
        std::ranges::move(more.transactions, std::back_inserter(all.transactions));
        all.overrun |= more.overrun;
        all.unlocked |= more.unlocked;
        return all;
    }
    SnapshotResult snapshot(const ChainId& chain, bool withPolicy) override
    {
        return of(chain).snapshot(chain, withPolicy);
    }
    CommitResult commit(const Plan& plan, std::optional<Generation> generation) override
    {
        return of(chainOf(plan.front())).commit(plan, generation);
    }
    void prepare(std::vector<PreparedRepair> repairs) override { nft_.prepare(std::move(repairs)); }
    bool anticipate() override { return nft_.anticipate(); }
    std::optional<std::vector<ChainId>> chainsWithTags() override { return nft_.chainsWithTags(); }
    Cause identify(const Committer& committer) override { return {.comm = committer.comm}; }

  private:
    FakeKernel& of(const ChainId& chain)
    {
        return chain.backend == BackendKind::legacy ? legacy_ : nft_;
    }

    FakeKernel& nft_;
    FakeKernel& legacy_;
};

DeclaredRule anywhere(const std::string& id)
{
    DeclaredRule rule = ruleAtHead(id);
    rule.backend = BackendChoice::automatic;
    return rule;
}

void make(FakeWorld& world, const ChainId& chain)
{
    world.addTable(chain.family, chain.table);
    world.addChain(chain, Policy::drop);
}

struct TwoBackends {
    TwoBackends(bool inNft, bool inLegacy)
    {
        if (inNft)
            make(nft, forward);
        if (inLegacy)
            make(legacy, legacyForward);
        driver.handle(Started{});
        recorder.reports.clear();
    }

    /// Keeps all of the guard's appointments until then.
    void sleepUntil(Instant end)
    {
        while (driver.wakeAt().value_or(end + 1s) <= end) {
            now.instant = std::max(now.instant, *driver.wakeAt());
            driver.handle(Woke{});
        }
        now.instant = end;
    }

    [[nodiscard]] std::vector<RuleStatus> shown() const { return guard.status().rules; }

    FakeWorld nft{};
    FakeWorld legacy{BackendKind::legacy};
    BothKernels kernel{nft.kernel(), legacy.kernel()};
    Recorder recorder{};
    Now now{.instant = Instant{1h}, .wall = WallTime{}};
    Guard guard{Declaration{.rules = {anywhere("a")}}};
    Driver driver{guard, kernel, recorder, [this] { return now; }};
};

} // namespace

TEST_CASE("a rule is held where its chain is, and shown once for each place")
{
    const bool inNft = GENERATE(true, false);
    const bool inLegacy = GENERATE(true, false);
    TwoBackends both(inNft, inLegacy);
    CHECK(both.nft.list(forward).value_or(Names{}) == (inNft ? Names{"a"} : Names{}));
    CHECK(both.legacy.list(legacyForward).value_or(Names{}) == (inLegacy ? Names{"a"} : Names{}));
    const auto shown = both.shown();
    REQUIRE(shown.size() == (inNft && inLegacy ? 2 : 1));
    const bool onlyLegacy = inLegacy && !inNft;
    CHECK(shown[0].key.backend == (onlyLegacy ? BackendKind::legacy : BackendKind::nfTables));
    CHECK(shown[0].state == (inNft || inLegacy ? RuleState::inPlace : RuleState::waiting));
    CHECK(both.guard.status().mixed.size() == (inNft && inLegacy ? 1 : 0));
    CHECK(both.guard.allInPlace() == (inNft || inLegacy));
}

TEST_CASE("a legacy chain that appears beside the other is guarded, and mixed is told")
{
    TwoBackends both(true, false);
    make(both.legacy, legacyForward);
    both.driver.announced();
    CHECK(both.legacy.list(legacyForward) == Names{"a"});
    CHECK(both.shown().size() == 2);
    CHECK(both.guard.status().mixed == std::vector<ChainId>{forward});

    both.nft.deleteTable(Family::ip, "filter");
    both.driver.announced();
    CHECK(both.shown().size() == 1);
    CHECK(both.guard.status().mixed.empty());
    CHECK(both.guard.allInPlace());
}

TEST_CASE("both twins flushed are two incidents, each of its own backend, in two transactions")
{
    TwoBackends both(true, true);
    both.nft.flush(forward);
    both.legacy.flush(legacyForward);
    both.driver.announced();
    CHECK(both.nft.list(forward) == Names{"a"});
    CHECK(both.legacy.list(legacyForward) == Names{"a"});
    const auto incidents = both.recorder.all<Incident>();
    REQUIRE(incidents.size() == 2);
    CHECK(incidents[0].chain == forward);
    CHECK(incidents[1].chain == legacyForward);
}

TEST_CASE("one backend's stale commit keeps the other from being neither made nor told")
{
    TwoBackends both(true, true);
    FakeKernel& stale = GENERATE(true, false) ? both.nft.kernel() : both.legacy.kernel();
    stale.staleCommits = 1;
    both.nft.flush(forward);
    both.legacy.flush(legacyForward);
    both.driver.announced();
    while (both.recorder.all<Incident>().size() < 2 && both.driver.wakeAt()) {
        both.now.instant = std::max(both.now.instant, *both.driver.wakeAt());
        both.driver.handle(Woke{});
    }
    CHECK(stale.staleCommits == 0);
    CHECK(both.nft.list(forward) == Names{"a"});
    CHECK(both.legacy.list(legacyForward) == Names{"a"});
    CHECK(both.recorder.all<Incident>().size() == 2);
    CHECK(both.guard.status().repairs == both.shown()[0].repairs + both.shown()[1].repairs);
}

TEST_CASE("another process's lock is no refusal, and no repair in nf_tables waits for it")
{
    TwoBackends both(true, true);
    both.legacy.kernel().locked = true;
    both.nft.flush(forward);
    both.legacy.flush(legacyForward);
    both.driver.announced();
    CHECK(both.nft.list(forward) == Names{"a"});
    CHECK(both.legacy.list(legacyForward) == Names{});
    REQUIRE(both.shown().size() == 2);
    CHECK(both.shown()[0].state == RuleState::inPlace);
    CHECK(both.shown()[1].state == RuleState::repairing);
    CHECK(both.recorder.all<RuleStateChanged>().empty());
    REQUIRE(both.recorder.all<Incident>().size() == 1);
    CHECK(both.recorder.all<Incident>()[0].chain == forward);
}

TEST_CASE("a lock that stays held is tried again about once a second, and at each announcement")
{
    TwoBackends both(true, true);
    FakeKernel& legacy = both.legacy.kernel();
    legacy.locked = true;
    both.legacy.flush(legacyForward);
    both.driver.announced();
    const Instant end = both.now.instant + 60s;
    const int before = legacy.lockedOut;
    both.sleepUntil(end);
    CHECK(legacy.lockedOut - before >= 60);
    CHECK(legacy.lockedOut - before <= 80);

    const int tried = legacy.lockedOut;
    both.nft.kernel().touchElsewhere();
    both.driver.announced();
    CHECK(legacy.lockedOut > tried);
    legacy.locked = false;
    both.sleepUntil(both.now.instant + 1s);
    CHECK(both.legacy.list(legacyForward) == Names{"a"});
    CHECK(both.recorder.all<Incident>().size() == 1);
}

TEST_CASE("when somebody lets go of the lock the repair is made at once")
{
    TwoBackends both(true, true);
    FakeKernel& legacy = both.legacy.kernel();
    legacy.locked = true;
    both.legacy.flush(legacyForward);
    both.driver.announced();
    both.sleepUntil(both.now.instant + 60s);
    legacy.unlocked = true;

    SECTION("when it is free")
    {
        legacy.locked = false;
        both.driver.announced();
    }
    SECTION("when that is heard behind a try, or just before it is free")
    {
        both.driver.announced();
        CHECK(both.driver.wakeAt() == both.now.instant);
        both.driver.handle(Woke{});
        legacy.locked = false;
        both.sleepUntil(both.now.instant + 10ms);
    }
    CHECK(both.legacy.list(legacyForward) == Names{"a"});
}

TEST_CASE("a rule that is declared no more goes when the lock is free")
{
    TwoBackends both(false, true);
    both.legacy.kernel().locked = true;
    both.driver.handle(Reloaded{});
    CHECK(both.legacy.list(legacyForward) == Names{"a"});
    both.legacy.kernel().locked = false;
    both.sleepUntil(both.now.instant + 1s);
    CHECK(both.legacy.list(legacyForward) == Names{});
    CHECK(both.recorder.all<RetiredRemoved>().size() == 1);
}
