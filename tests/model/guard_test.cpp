// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/driver.hpp"
#include "model/fake_world.hpp"
#include "model/recorder.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace fwdguard;
using namespace fwdguard::model;
using namespace std::chrono_literals;

namespace {

const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};
const ChainId input{.family = Family::ip, .table = "filter", .chain = "INPUT"};

DeclaredRule ruleAtHead(const std::string& id, const ChainId& chain = forward)
{
    return {
        .key = {.id = id, .family = chain.family},
        .chain = chain,
        .position = {},
        .body = bodyOf(id),
    };
}

/// A guard of the declared rules on a fake kernel that has both chains.
struct Bench {
    explicit Bench(std::vector<DeclaredRule> rules) : Bench(Declaration{.rules = std::move(rules)})
    {
    }

    explicit Bench(Declaration declaration) : guard(std::move(declaration))
    {
        world.addTable(Family::ip, "filter");
        world.addChain(forward, Policy::drop);
        world.addChain(input, Policy::accept);
        driver.handle(Started{});
        recorder.reports.clear();
    }

    void pass(std::chrono::milliseconds time) { now.instant += time; }

    /// Moves the clock to the guard's next appointment and keeps it.
    void sleepUntilWoken()
    {
        const auto at = driver.wakeAt();
        REQUIRE(at.has_value());
        now.instant = std::max(now.instant, *at);
        driver.handle(Woke{});
    }

    [[nodiscard]] RuleStatus status(const std::string& id) const
    {
        for (const RuleStatus& rule : guard.status().rules)
            if (rule.key.id == id)
                return rule;
        throw std::runtime_error("no rule " + id);
    }

    [[nodiscard]] std::vector<std::string> rules() { return world.list(forward).value(); }

    FakeWorld world{};
    Recorder recorder{};
    Now now{.instant = Instant{1h}, .wall = WallTime{}};
    Guard guard;
    Driver driver{guard, world.kernel(), recorder, [this] { return now; }};
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("an incident names the process, its parent and unit, and how long traffic was exposed")
{
    Bench bench({ruleAtHead("a")});
    bench.world.flush(forward);
    bench.world.kernel().beforeCommit = [&] { bench.pass(41ms); };
    bench.driver.announced();

    const auto incidents = bench.recorder.all<Incident>();
    REQUIRE(incidents.size() == 1);
    CHECK(incidents[0].damage == Damage::deleted);
    CHECK(incidents[0].cause.pid == 4242U);
    CHECK(incidents[0].cause.parent->comm == "dockerd");
    CHECK(incidents[0].cause.unit == "docker.service");
    CHECK(incidents[0].exposure == 41ms);
    CHECK(incidents[0].place == "head");
    CHECK_FALSE(incidents[0].missed);
    CHECK(bench.status("a").repairs == 1);
    CHECK(bench.status("a").lastIncident->cause.comm == "iptables");
}

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

TEST_CASE("after lost announcements every chain is read again, and nobody is blamed")
{
    Bench bench({ruleAtHead("a")});
    bench.world.kernel().loseAnnouncements = true;
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.guard.status().overruns == 1);
    CHECK(bench.recorder.all<Overrun>().size() == 1);
    REQUIRE(bench.recorder.all<Incident>().size() == 1);
    CHECK(bench.recorder.all<Incident>()[0].cause == Cause{});
    CHECK_FALSE(bench.recorder.all<Incident>()[0].missed);
}

TEST_CASE("damage that only a sweep finds counts as missed")
{
    Bench bench({ruleAtHead("a")});
    bench.world.kernel().silent = true;
    bench.world.flush(forward);
    REQUIRE_FALSE(bench.world.kernel().pending());
    bench.sleepUntilWoken();
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.guard.status().missed == 1);
    REQUIRE(bench.recorder.all<Incident>().size() == 1);
    CHECK(bench.recorder.all<Incident>()[0].missed);
}

TEST_CASE("who commits after the chains were read is not blamed for what was found in them")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    bench.world.flush(forward);
    kernel.afterCommit = [&] {
        kernel.afterCommit = {};
        kernel.actor = {.pid = 7, .comm = "felix"};
        bench.world.addForeign(forward, World::End::head, "f");
    };
    bench.driver.announced();
    const auto incidents = bench.recorder.all<Incident>();
    REQUIRE(incidents.size() == 2);
    CHECK(incidents[0].damage == Damage::deleted);
    CHECK(incidents[0].cause.comm == "iptables");
    CHECK(incidents[1].damage == Damage::displaced);
    CHECK(incidents[1].cause.comm == "felix");
    CHECK(bench.rules() == Names{"a", "f"});
}

TEST_CASE("a flush between the look and the reading of its announcement is repaired at once")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    kernel.touchElsewhere();
    kernel.afterSnapshot = [&] {
        kernel.actor = {.pid = 7, .comm = "flusher"};
        bench.world.flush(forward);
    };
    bench.driver.announced();
    CHECK_FALSE(kernel.pending());
    REQUIRE(bench.guard.wakeAt(bench.now.instant) == bench.now.instant);
    bench.driver.handle(Woke{});
    CHECK(bench.rules() == Names{"a"});
    const auto incidents = bench.recorder.all<Incident>();
    REQUIRE(incidents.size() == 1);
    CHECK(incidents[0].cause.comm == "flusher");
    CHECK_FALSE(incidents[0].missed);
}

TEST_CASE("two processes between two looks: only what both agree on is blamed")
{
    Bench bench({ruleAtHead("a")});
    bench.world.kernel().actor = {.pid = 1, .comm = "iptables"};
    bench.world.flush(forward);
    bench.world.kernel().actor = {.pid = 2, .comm = "nft"};
    bench.world.addForeign(forward, World::End::head, "f");
    bench.driver.announced();
    const auto incidents = bench.recorder.all<Incident>();
    REQUIRE(incidents.size() == 1);
    CHECK_FALSE(incidents[0].cause.pid.has_value());
    CHECK_FALSE(incidents[0].cause.comm.has_value());
    CHECK(incidents[0].cause.unit == "docker.service");
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
        while (bench.status("a").state == RuleState::contested)
            bench.sleepUntilWoken();
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
