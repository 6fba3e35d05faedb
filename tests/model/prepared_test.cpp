// SPDX-License-Identifier: GPL-2.0-or-later
// Repairs that the guard has prepared, and that are committed before it decides.
#include "model/guard_bench.hpp"

using namespace fwdguard;
using namespace fwdguard::model;
using namespace std::chrono_literals;

TEST_CASE("an emptied chain is repaired before the guard is asked, each time, and told as ever")
{
    Bench bench({ruleAtHead("a"), ruleAtHead("b"), ruleAtHead("c", input)});
    auto& kernel = bench.world.kernel();
    for (int times = 1; times <= 3; ++times) {
        const int commits = kernel.commits;
        bench.world.flush(forward);
        bench.driver.announced();
        CHECK(kernel.anticipated == times);
        CHECK(kernel.commits == commits + 1);
        CHECK(bench.rules() == Names{"a", "b"});
        CHECK(bench.recorder.all<Incident>().size() == 2U * static_cast<unsigned>(times));
        CHECK(bench.status("b").repairs == static_cast<std::uint64_t>(times));
    }
    CHECK(bench.recorder.all<Incident>().back().damage == Damage::deleted);
    CHECK(bench.recorder.all<Incident>().back().cause.comm == "iptables");
}

TEST_CASE("who looks before the announcement repairs an emptied chain once, and tells it as ever")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    const int commits = kernel.commits;
    CHECK_FALSE(bench.driver.glance());
    bench.world.addForeign(input, World::End::head, "f");
    CHECK_FALSE(bench.driver.glance());
    CHECK(kernel.commits == commits);
    bench.driver.announced();

    bench.world.flush(forward);
    CHECK(bench.driver.glance());
    CHECK(bench.rules() == Names{"a"});
    CHECK_FALSE(bench.driver.glance());
    bench.driver.announced();
    CHECK(kernel.anticipated == 1);
    CHECK(kernel.commits == commits + 1);
    REQUIRE(bench.recorder.all<Incident>().size() == 1);
    CHECK(bench.recorder.all<Incident>().back().damage == Damage::deleted);
    CHECK(bench.recorder.all<Incident>().back().cause.comm == "iptables");
}

TEST_CASE("an exposure ends when its repair was acknowledged, not when that was asked for")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    kernel.afterCommit = [&] { bench.now.instant += 40us; };
    kernel.afterSnapshot = [&] { bench.pass(5ms); };
    bench.world.flush(forward);
    bench.driver.announced();
    REQUIRE(kernel.anticipated == 1);
    CHECK(bench.recorder.all<Incident>().back().exposure == 40us);
}

TEST_CASE("nothing is repaired before the guard is asked but what it certainly would repair")
{
    Bench bench({ruleAtHead("a"), ruleAtHead("b", input)});
    auto& kernel = bench.world.kernel();
    SECTION("not what is held")
    {
        bench.driver.handle(HoldRequested{.id = "a"});
        bench.world.flush(forward);
        bench.driver.announced();
        CHECK(bench.rules().empty());
        bench.driver.handle(ReleaseRequested{.id = "a"});
        CHECK(bench.rules() == Names{"a"});
    }
    SECTION("not what is declared in another way by now")
    {
        bench.driver.handle(Reloaded{{.rules = {ruleAtHead("c"), ruleAtHead("b", input)}}});
        bench.world.flush(forward);
        bench.driver.announced();
        CHECK(bench.rules() == Names{"c"});
        CHECK(bench.recorder.all<RetiredRemoved>().size() == 1); // at the reload
        CHECK(kernel.anticipated == 1);
        kernel.anticipated = 0;
    }
    SECTION("not what is only observed by now")
    {
        bench.driver.handle(
            Reloaded{{.rules = {ruleAtHead("a"), ruleAtHead("b", input)}, .mode = Mode::observe}});
        bench.world.flush(forward);
        bench.driver.announced();
        CHECK(bench.rules().empty());
    }
    SECTION("not one chain of two")
    {
        kernel.atOnce([&] {
            bench.world.flush(forward);
            bench.world.flush(input);
        });
        bench.driver.announced();
        CHECK(bench.rules() == Names{"a"});
        CHECK(bench.world.list(input) == Names{"b"});
        CHECK(bench.recorder.all<Incident>().size() == 2);
    }
    SECTION("not while another chain is not there")
    {
        bench.world.deleteChain(input);
        bench.driver.announced();
        bench.world.flush(forward);
        bench.driver.announced();
        CHECK(bench.rules() == Names{"a"});
        CHECK(bench.recorder.all<Incident>().back().exposure.has_value());
    }
    SECTION("not a chain whose policy was changed with it")
    {
        kernel.atOnce([&] {
            bench.world.flush(forward);
            bench.world.setPolicy(forward, Policy::accept);
        });
        bench.driver.announced();
        CHECK(bench.rules() == Names{"a"});
    }
    CHECK(kernel.anticipated == 0);
}

TEST_CASE(
    "what becomes of a chain that is declared no more keeps no repair from being made at once")
{
    const DeclaredPolicy policy{
        .key = {.id = "p", .family = Family::ip}, .chain = input, .policy = Policy::accept};
    Bench bench(Declaration{.rules = {ruleAtHead("a")}, .policies = {policy}});
    auto& kernel = bench.world.kernel();
    bench.world.flush(forward);
    bench.driver.announced();
    REQUIRE(kernel.anticipated == 1);
    bench.driver.handle(Reloaded{{.rules = {ruleAtHead("a")}}});
    bench.world.addForeign(input, World::End::head, "f");
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(kernel.anticipated == 2);
}

TEST_CASE("when somebody is quicker than the prepared repair, the guard reads and decides")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    int intrusions = 1;
    kernel.beforeCommit = [&] {
        if (intrusions-- > 0)
            bench.world.addForeign(forward, World::End::tail, "f");
    };
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(kernel.anticipated == 1);
    CHECK(bench.rules() == Names{"a", "f"});
    CHECK(bench.recorder.all<Incident>().size() == 1);
}

TEST_CASE("a prepared repair that the kernel refuses is a refusal as any other")
{
    Bench bench({ruleAtHead("a"), ruleAtHead("b")});
    auto& kernel = bench.world.kernel();
    kernel.refusedIds = {"b"};
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(kernel.anticipated == 1);
    CHECK(bench.rules() == Names{"a"});
    CHECK(bench.status("b").state == RuleState::failed);
}

TEST_CASE("what is prepared holds all rules of its chain, also those that waited until just now")
{
    Bench bench({ruleAtHead("a"), ruleAtHead("b")});
    auto& kernel = bench.world.kernel();
    kernel.refusedIds = {"b"};
    bench.world.flush(forward);
    bench.driver.announced();
    REQUIRE(bench.status("b").state == RuleState::failed);
    kernel.refusedIds.clear();
    bench.world.addTagged(forward, World::End::tail, "b", "b"); // by somebody else
    bench.driver.announced();
    REQUIRE(bench.status("b").state == RuleState::inPlace);
    kernel.anticipated = kernel.commits = 0;
    bench.recorder.reports.clear();
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(kernel.anticipated == 1);
    CHECK(kernel.commits == 1);
    CHECK(bench.recorder.all<Incident>().size() == 2);
}

TEST_CASE("who commits elsewhere while the guard looks does not undo what is prepared")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    kernel.afterSnapshot = [&] { kernel.touchElsewhere(); };
    kernel.touchElsewhere();
    bench.driver.announced();
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(kernel.anticipated == 1);
    CHECK(bench.recorder.all<Incident>().size() == 1);
}

TEST_CASE("after a prepared repair that came too late the next one is prepared")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    int restorations = 1;
    kernel.beforeCommit = [&] {
        if (restorations-- > 0)
            bench.world.addTagged(forward, World::End::head, "a", "a");
    };
    bench.world.flush(forward);
    bench.driver.announced();
    REQUIRE(kernel.anticipated == 1);
    bench.world.flush(forward);
    bench.driver.announced();
    CHECK(kernel.anticipated == 2);
    CHECK(bench.rules() == Names{"a"});
}
