// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/guard_bench.hpp"

using namespace fwdguard;
using namespace fwdguard::model;
using namespace std::chrono_literals;

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

TEST_CASE(
    "a storm between two looks: whoever commits often is asked about once, a crowd not at all")
{
    Bench bench({ruleAtHead("a")});
    auto& kernel = bench.world.kernel();
    const auto repairAmong = [&](std::uint32_t processes) {
        bench.recorder.reports.clear();
        kernel.identified = 0;
        for (std::uint32_t i = 0; i < 10'000; ++i) {
            kernel.actor = {.pid = 1 + i % processes, .comm = "iptables"};
            kernel.touchElsewhere();
        }
        bench.world.flush(forward);
        bench.driver.announced();
        CHECK(bench.rules() == Names{"a"});
        const auto incidents = bench.recorder.all<Incident>();
        REQUIRE(incidents.size() == 1);
        CHECK_FALSE(incidents[0].missed);
        return incidents[0].cause;
    };
    CHECK(repairAmong(1).pid == 1U);
    CHECK(kernel.identified == 1);
    CHECK(repairAmong(Committers::most).comm == "iptables");
    CHECK(kernel.identified == Committers::most);
    CHECK(repairAmong(Committers::most + 1) == Cause{});
    CHECK(kernel.identified == 0);
}
