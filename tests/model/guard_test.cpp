// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/guard_bench.hpp"

using namespace fwdguard;
using namespace fwdguard::model;
using namespace std::chrono_literals;

TEST_CASE("an irrelevant transaction costs one look and changes nothing")
{
    Bench bench({ruleAtHead("a")});
    const int reads = bench.world.kernel().snapshots;
    bench.world.kernel().touchElsewhere();
    bench.driver.announced();
    CHECK(bench.world.kernel().snapshots == reads + 1);
    CHECK(bench.recorder.reports.empty());
}

TEST_CASE("its own commit does not make it look again")
{
    Bench bench({ruleAtHead("a")});
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK_FALSE(bench.world.kernel().pending());
    CHECK_FALSE(bench.guard.wakeAt(bench.now.instant) == bench.now.instant);
}

TEST_CASE("rules of two chains are repaired in one transaction")
{
    Bench bench({ruleAtHead("a"), ruleAtHead("b", input)});
    const int commits = bench.world.kernel().commits;
    bench.world.flush(forward);
    bench.world.flush(input);
    bench.driver.announced();
    CHECK(bench.world.kernel().commits == commits + 1);
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.world.list(input) == Names{"b"});
}

TEST_CASE("when somebody commits in between, it reads and decides again")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    int intrusions = 3;
    kernel.beforeCommit = [&] {
        if (intrusions-- > 0)
            bench.world.addForeign(forward, World::End::head, "f" + std::to_string(intrusions));
    };
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(bench.rules() == Names{"a", "f0", "f1", "f2"});
    CHECK(bench.recorder.all<Incident>().size() == 1);
}

TEST_CASE("when somebody always commits in between, it ends up in place without livelock")
{
    Bench bench({ruleAtHead("a")});
    bench.world.kernel().staleCommits = 1000;
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.world.kernel().staleCommits == 1000 - 8);
}

TEST_CASE("a failed read is never taken for an empty chain")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    const int commits = kernel.commits;
    kernel.failSnapshots = 1;
    kernel.touchElsewhere();
    bench.driver.announced();
    CHECK(kernel.commits == commits);
    CHECK(bench.recorder.all<ReadFailed>().size() == 1);
    CHECK(bench.guard.status().state == ManagerState::degraded);
    bench.sleepUntilWoken();
    CHECK(bench.guard.status().state == ManagerState::guarding);
    CHECK(bench.rules() == Names{"a"});
}

TEST_CASE("a rule that the kernel refuses does not keep the others from being repaired")
{
    Bench bench({ruleAtHead("a"), ruleAtHead("b"), ruleAtHead("c", input)});
    bench.world.kernel().refusedIds = {"b"};
    bench.world.flush(forward);
    bench.world.flush(input);
    bench.driver.announced();
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.world.list(input) == Names{"c"});
    CHECK(bench.status("b").state == RuleState::failed);
    CHECK(bench.guard.status().state == ManagerState::degraded);
    CHECK_FALSE(bench.guard.allInPlace());

    bench.world.kernel().refusedIds.clear();
    bench.sleepUntilWoken();
    CHECK(bench.rules() == Names{"a", "b"});
    CHECK(bench.status("b").state == RuleState::inPlace);
}

TEST_CASE("a retired rule that the kernel refuses to take out keeps nothing else waiting")
{
    Bench bench({ruleAtHead("a")});
    FakeKernel& kernel = bench.world.kernel();
    kernel.stuckIds = {"old"};
    bench.world.flush(forward);
    bench.world.addTagged(forward, World::End::head, "old", "old");
    bench.driver.announced();
    CHECK(bench.rules() == Names{"a", "old"});
    CHECK(bench.status("a").state == RuleState::inPlace);

    const Instant refused = bench.now.instant;
    const int tries = kernel.refusals;
    for (int i = 0; i < 5; ++i)
        bench.sleepUntilWoken();
    CHECK(kernel.refusals - tries == 5);
    CHECK(bench.now.instant - refused == 5s);
    REQUIRE(bench.recorder.all<RetiredRefused>().size() == 1);
    CHECK(bench.recorder.all<RetiredRefused>().front().error == std::errc::device_or_resource_busy);

    const Instant held = bench.now.instant;
    bench.driver.handle(HoldRequested{.id = "a", .until = held + 300ms});
    bench.sleepUntilWoken();
    CHECK(bench.now.instant - held == 300ms);
    CHECK(bench.status("a").state == RuleState::inPlace);
    kernel.anticipated = 0;
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(kernel.anticipated == 1);
    CHECK(bench.rules() == Names{"a"});

    bench.world.addTagged(forward, World::End::head, "old", "old");
    bench.driver.announced();
    kernel.stuckIds.clear();
    bench.sleepUntilWoken();
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.recorder.all<RetiredRemoved>().size() == 1);
    CHECK(bench.recorder.all<RetiredRefused>().size() == 1);
}

TEST_CASE("a retired rule that the kernel refuses to take out is tried where nothing is declared")
{
    Bench bench({ruleAtHead("a")});
    FakeKernel& kernel = bench.world.kernel();
    kernel.stuckIds = {"old"};
    bench.world.addTagged(input, World::End::head, "old", "old");
    bench.driver.handle(TaggedFound{.chains = {input}});
    REQUIRE(bench.recorder.all<RetiredRefused>().size() == 1);
    bench.world.addForeign(forward, World::End::head, "f");
    bench.driver.announced(); // another look meanwhile does not forget it
    kernel.stuckIds.clear();
    bench.sleepUntilWoken();
    CHECK(bench.recorder.all<RetiredRemoved>().size() == 1);
}

TEST_CASE("what nobody declares here and somebody always puts back is left alone, told once")
{
    Bench bench({ruleAtHead("a")});
    bench.world.kernel().actor = {.pid = 77, .comm = "fwd-guard"};
    const auto putBack = [&](int copies) {
        for (int i = 0; i < copies; ++i)
            bench.world.addTagged(forward, World::End::head, "b", "b");
        bench.driver.announced();
    };
    putBack(5);
    CHECK(bench.rules() == Names{"a"});
    bench.pass(1s);
    putBack(1);
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.recorder.all<RetiredRemoved>().size() == 2);

    SECTION("within the window")
    {
        bench.pass(9s);
        putBack(1);
        CHECK(bench.rules() == Names{"a"});
        REQUIRE(bench.recorder.all<RetiredLeft>().size() == 1);
        CHECK(bench.recorder.all<RetiredLeft>().front().opponent.comm == "fwd-guard");
        CHECK(bench.recorder.all<RetiredLeft>().front().opponent.pid == 77);
        for (int i = 0; i < 3; ++i) {
            bench.pass(1min);
            putBack(1);
        }
        CHECK(bench.rules() == Names{"b", "b", "b", "a"});
        CHECK(bench.status("a").state == RuleState::inPlace);
        CHECK(bench.recorder.all<RetiredLeft>().size() == 1);
        bench.driver.handle(Reloaded{{.rules = {ruleAtHead("a")}}});
        CHECK(bench.rules() == Names{"a"});
    }
    SECTION("by somebody whose announcement was lost")
    {
        bench.world.kernel().loseAnnouncements = true;
        putBack(1);
        CHECK(bench.rules() == Names{"a"});
        REQUIRE(bench.recorder.all<RetiredLeft>().size() == 1);
        CHECK(bench.recorder.all<RetiredLeft>().front().opponent == Cause{});
    }
    SECTION("but not when it comes back now and then")
    {
        for (int i = 0; i < 5; ++i) {
            bench.pass(11s);
            putBack(1);
            CHECK(bench.rules() == Names{"a"});
        }
        CHECK(bench.recorder.all<RetiredLeft>().empty());
    }
}

TEST_CASE("an opponent that undoes every repair makes the rule contested, told once")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    kernel.actor = {.pid = 666, .comm = "felix"};
    kernel.afterCommit = [&] { bench.world.flush(forward); };
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(bench.status("a").state == RuleState::contested);
    CHECK(kernel.commits - 1 == 51); // the burst, and the one that was one too many

    const int before = kernel.commits;
    const Instant begin = bench.now.instant;
    while (bench.now.instant < begin + 60s)
        bench.sleepUntilWoken();
    CHECK(kernel.commits - before < 30);

    const auto changes = bench.recorder.all<RuleStateChanged>();
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].to == RuleState::contested);
    CHECK(changes[0].opponent.comm == "felix");

    SECTION("and peace ends it")
    {
        kernel.afterCommit = {};
        const Instant peace = bench.now.instant;
        while (bench.status("a").state == RuleState::contested)
            bench.sleepUntilWoken();
        CHECK(bench.now.instant <= peace + PacingLimits{}.window); // the last repair waited in it
        CHECK(bench.rules() == Names{"a"});
        CHECK(bench.status("a").state == RuleState::inPlace);
        const int commits = kernel.commits;
        bench.world.flush(forward);
        bench.driver.announced();
        CHECK(kernel.commits == commits + 1);
    }
}

TEST_CASE("counters go on where they were when a rule is put back")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    kernel.replace(
        forward, 0, {.id = "a", .body = bodyOf("a"), .counters = {.packets = 7, .bytes = 700}});
    bench.driver.announced();
    kernel.flush(forward);
    bench.driver.announced();
    CHECK(kernel.find(forward)->rules.at(0).counters.packets == 7);
    kernel.insert(forward, 0, {.body = bodyOf("f")});
    bench.driver.announced();
    CHECK(kernel.find(forward)->rules.at(0).id == "a");
    CHECK(kernel.find(forward)->rules.at(0).counters.bytes == 700);
}

TEST_CASE("status knows handle and index of a rule that was just put back")
{
    Bench bench({ruleAtHead("a")});
    bench.world.addForeign(forward, World::End::head, "f");
    bench.driver.announced();
    const RuleStatus status = bench.status("a");
    CHECK(status.index == 0U);
    CHECK(status.handle == bench.world.kernel().find(forward)->rules.at(0).handle);
    REQUIRE(bench.recorder.published.has_value());
    CHECK(bench.recorder.published->rules.at(0).handle == status.handle);
}

TEST_CASE("a hold ends by itself when its time is over")
{
    Bench bench({ruleAtHead("a")});
    bench.driver.handle(HoldRequested{.id = "a", .until = bench.now.instant + 10s});
    CHECK(bench.guard.status().state == ManagerState::held);
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(bench.rules().empty());
    bench.sleepUntilWoken();
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.status("a").state == RuleState::inPlace);
}

TEST_CASE("an incident that stays open says what state it leaves the rule in")
{
    Bench bench({ruleAtHead("a")});
    bench.driver.handle(HoldRequested{.id = "a", .until = bench.now.instant + 10s});
    bench.world.flush(forward);
    bench.driver.announced();
    REQUIRE(bench.recorder.all<Incident>().size() == 1);
    CHECK(bench.recorder.all<Incident>().back().state == RuleState::held);
    bench.sleepUntilWoken();
    bench.world.deleteChain(forward);
    bench.driver.announced();
    const Incident incident = bench.recorder.all<Incident>().back();
    CHECK(incident.damage == Damage::chainGone);
    CHECK(incident.state == RuleState::waiting);
    CHECK_FALSE(incident.exposure);
}

TEST_CASE("stopping keeps the rules, or removes them when the configuration says so")
{
    const OnStop onStop = GENERATE(OnStop::keep, OnStop::remove);
    Bench bench(Declaration{.rules = {ruleAtHead("a")}, .onStop = onStop});
    bench.driver.handle(StopRequested{});
    CHECK(bench.rules() == (onStop == OnStop::keep ? Names{"a"} : Names{}));
    REQUIRE(bench.recorder.published.has_value());
    CHECK(bench.recorder.published->state == ManagerState::stopping);
}

TEST_CASE("a thousand flushed rules are back in one transaction, in order")
{
    Declaration declaration;
    Names names;
    for (int i = 0; i < 1000; ++i) {
        names.push_back("r" + std::to_string(i));
        declaration.rules.push_back(ruleAtHead(names.back()));
    }
    Bench bench(declaration);
    const int commits = bench.world.kernel().commits;
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(bench.world.kernel().commits == commits + 1);
    CHECK(bench.rules() == names);
}

TEST_CASE("a sweep comes in its time, however much is announced until then")
{
    Bench bench({.rules = {ruleAtHead("a")}, .sweep = 60s});
    const auto due = bench.guard.wakeAt(bench.now.instant);
    REQUIRE(due == bench.now.instant + 60s);
    for (int i = 0; i < 5; ++i) {
        bench.pass(10s);
        if (i % 2 == 0)
            bench.world.kernel().touchElsewhere();
        else
            bench.world.flush(forward);
        bench.driver.announced();
        REQUIRE(bench.rules() == Names{"a"});
    }
    CHECK(bench.guard.wakeAt(bench.now.instant) == due);
    bench.sleepUntilWoken();
    CHECK(bench.guard.wakeAt(bench.now.instant) == bench.now.instant + 60s);
}
