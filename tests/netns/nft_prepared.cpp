// SPDX-License-Identifier: GPL-2.0-or-later
// Repairs that are committed before the guard decides: iptables says what is in the kernel then.
#include "netns/rules.hpp"
#include "nft/reader.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const ChainId forward = chainId(Family::ip, "filter", "FORWARD");
const ChainId input = chainId(Family::ip, "filter", "INPUT");

/// FORWARD with two rules of ours, which have counted, before a foreign one, INPUT with one.
struct Prepared {
    FreshNetns netns;
    nft::Backend backend;
    Plan inForward{insert(forward, "b", {}, AtHead{}), insert(forward, "a", {}, AtHead{})};
    Plan inInput{insert(input, "c", {}, AtHead{})};

    Prepared()
    {
        must("iptables -P FORWARD DROP && iptables -A FORWARD -s 192.0.2.1 -j DROP && "
             "iptables -A INPUT -j ACCEPT");
        Plan all = inForward;
        all.insert(all.end(), inInput.begin(), inInput.end());
        std::get<InsertRule>(all[0]).counters = {.packets = 7, .bytes = 700};
        std::get<InsertRule>(all[1]).counters = {.packets = 5, .bytes = 500};
        commit(backend, all);
        look();
        REQUIRE(oursInForward() == 2);
        backend.prepare({{forward, inForward}, {input, inInput}});
    }

    /// As the guard does until all it sees is as announced.
    void look()
    {
        static_cast<void>(backend.changes());
        static_cast<void>(read(backend, forward, true));
        static_cast<void>(read(backend, input));
    }

    static std::size_t oursInForward()
    {
        return linesWith(must("iptables -S FORWARD"), "fwd-guard:").size();
    }

    /// How many rules of ours are in FORWARD once its flush was heard of.
    std::size_t backAfterFlush()
    {
        must("iptables -F FORWARD");
        backend.anticipate();
        return oursInForward();
    }
};

} // namespace

TEST_CASE("a flushed chain has its rules back, with what they had counted, before the guard looks")
{
    Prepared prepared;
    must("iptables -F FORWARD");
    prepared.backend.anticipate();
    const std::vector<std::string> ours = linesWith(must("iptables -v -S FORWARD"), "fwd-guard:");
    REQUIRE(ours.size() == 2);
    CHECK(linesWith(ours[0], "fwd-guard:a")[0].find("-c 5 500") != std::string::npos);
    CHECK(linesWith(ours[1], "fwd-guard:b")[0].find("-c 7 700") != std::string::npos);

    // What the guard is shown is what there was before, so that it decides the same.
    const Snapshot snapshot = read(prepared.backend, forward, true);
    CHECK(snapshot.rules.empty());
    CHECK(snapshot.gone.size() == 2);
    Plan plan = prepared.inForward;
    SECTION("and is told that it was done before, once it has decided the same")
    {
        std::get<InsertRule>(plan[0]).counters = {.packets = 7, .bytes = 700};
        std::get<InsertRule>(plan[1]).counters = {.packets = 5, .bytes = 500};
        const CommitResult result = prepared.backend.commit(plan, snapshot.generation);
        REQUIRE(std::holds_alternative<Committed>(result));
        CHECK(std::get<Committed>(result).anticipated);
        CHECK(Prepared::oursInForward() == 2);
    }
    SECTION("or that its decision is stale, if it has decided otherwise")
    {
        plan.pop_back();
        const CommitResult result = prepared.backend.commit(plan, snapshot.generation);
        CHECK(std::holds_alternative<Stale>(result));
        CHECK(Prepared::oursInForward() == 2);
    }
    SECTION("or, if it has decided the same on something else")
    {
        std::get<InsertRule>(plan[0]).counters = {.packets = 7, .bytes = 700};
        std::get<InsertRule>(plan[1]).counters = {.packets = 5, .bytes = 500};
        const Generation other{snapshot.generation.value + 1};
        CHECK(std::holds_alternative<Stale>(prepared.backend.commit(plan, other)));
    }
    static_cast<void>(prepared.backend.changes());
    CHECK(read(prepared.backend, forward).rules.size() == 2);
}

TEST_CASE("a rehearsal changes nothing, is announced to nobody, and the repair is made as ever")
{
    Prepared prepared;
    const std::string ruleset = must("iptables-save -c | grep -v '^#'");
    const Generation before = read(prepared.backend, forward).generation;
    for (int times = 0; times < 3; ++times)
        prepared.backend.rehearse();
    CHECK(must("iptables-save -c | grep -v '^#'") == ruleset);
    CHECK(prepared.backend.changes().latest == Generation{});
    CHECK(nft::Reader{}.generation() == before);
    CHECK(prepared.backAfterFlush() == 2);
}

TEST_CASE("a repair is prepared for one time")
{
    Prepared prepared;
    REQUIRE(prepared.backAfterFlush() == 2);
    prepared.look();
    CHECK(prepared.backAfterFlush() == 0);
    commit(prepared.backend, prepared.inForward);
    prepared.look();
    prepared.backend.prepare({{forward, prepared.inForward}, {input, prepared.inInput}});
    must("iptables -A FORWARD -j ACCEPT");
    prepared.backend.anticipate();
    prepared.look();
    CHECK(prepared.backAfterFlush() == 2);
}

TEST_CASE(
    "a repair that was made is known as made, though it is asked for again before the guard looks")
{
    Prepared prepared;
    REQUIRE(prepared.backAfterFlush() == 2);
    CHECK_FALSE(prepared.backend.anticipate());
    Plan plan = prepared.inForward;
    std::get<InsertRule>(plan[0]).counters = {.packets = 7, .bytes = 700};
    std::get<InsertRule>(plan[1]).counters = {.packets = 5, .bytes = 500};
    const Snapshot snapshot = read(prepared.backend, forward, true);
    CHECK(std::holds_alternative<Committed>(prepared.backend.commit(plan, snapshot.generation)));
}

TEST_CASE("a repair that was made is nothing to the guard once it has prepared others")
{
    Prepared prepared;
    REQUIRE(prepared.backAfterFlush() == 2);
    prepared.backend.prepare({{forward, prepared.inForward}, {input, prepared.inInput}});
    CHECK(std::holds_alternative<Committed>(
        prepared.backend.commit({insert(input, "d", {})}, std::nullopt)));
    CHECK(linesWith(must("iptables -S INPUT"), "fwd-guard:d").size() == 1);
}

TEST_CASE("so has a chain whose flush is told in more datagrams than are taken at once")
{
    Prepared prepared;
    std::string lines = "*filter\n";
    for (int i = 1; i <= 100; ++i)
        lines += "-A FORWARD -m comment --comment \"" + std::string(200, 'x') + "\" -j ACCEPT\n";
    must("iptables-restore --noflush <<'END'\n" + lines + "COMMIT\nEND");
    prepared.backend.anticipate();
    prepared.look();
    CHECK(prepared.backAfterFlush() == 2);
    CHECK(read(prepared.backend, forward).rules.empty());
}

TEST_CASE("once doubted chains are read again, a flush has its repair")
{
    Prepared prepared;
    prepared.backend.doubt();
    prepared.look();
    CHECK(prepared.backAfterFlush() == 2);
}

TEST_CASE("what is not only an emptied chain is left to the guard")
{
    Prepared prepared;
    SECTION("by what somebody did")
    {
        const std::string command = GENERATE(
            "iptables -D FORWARD 1",
            "iptables -D FORWARD 1; iptables -D FORWARD 1",
            "iptables -D FORWARD 3; iptables -F FORWARD",
            "iptables -F",
            "iptables-save | iptables-restore",
            "iptables -F FORWARD; iptables -P FORWARD ACCEPT",
            "nft 'flush chain ip filter FORWARD; add rule ip filter FORWARD drop'",
            "nft 'add rule ip filter FORWARD drop; flush chain ip filter FORWARD'",
            "iptables -F FORWARD; iptables -A FORWARD -j DROP",
            "iptables -F FORWARD; iptables -D INPUT 2",
            "iptables -F FORWARD; iptables -F INPUT",
            "nft delete table ip filter",
            "nft flush ruleset; iptables -P FORWARD DROP",
            "nft add table ip other",
            "true");
        INFO(command);
        must(command);
        const std::string before = must("iptables-save | sed '/^#/d'"); // but its time
        prepared.backend.anticipate();
        CHECK(must("iptables-save | sed '/^#/d'") == before);
    }
    SECTION("when what is known of a chain is doubted")
    {
        prepared.backend.doubt();
        CHECK(prepared.backAfterFlush() == 0);
    }
    SECTION("when the guard wants nothing done")
    {
        prepared.backend.prepare({});
        CHECK(prepared.backAfterFlush() == 0);
    }
    SECTION("when something else was committed since")
    {
        commit(prepared.backend, {insert(input, "d", {})});
        prepared.look();
        CHECK(prepared.backAfterFlush() == 0);
    }
    SECTION("when there are more rules than events have room for")
    {
        Plan many;
        for (int i = 0; i < 257; ++i)
            many.push_back(insert(forward, "r" + std::to_string(i), {}, AtHead{}));
        prepared.backend.prepare({{forward, many}, {input, prepared.inInput}});
        CHECK(prepared.backAfterFlush() == 0);
    }
    SECTION("when it wants nothing done for that chain")
    {
        prepared.backend.prepare({{forward, {}}, {input, prepared.inInput}});
        CHECK(prepared.backAfterFlush() == 0);
    }
}

TEST_CASE(
    "a chain that was emptied behind the guard's look at it is one of two, if another is next")
{
    Prepared prepared;
    must("iptables -F INPUT");
    static_cast<void>(read(prepared.backend, forward)); // hears of it
    CHECK(prepared.backAfterFlush() == 0);
}

TEST_CASE("to look for a flush that has not come yet misses none, and nothing else")
{
    Prepared prepared;
    CHECK_FALSE(prepared.backend.anticipate());
    CHECK_FALSE(prepared.backend.anticipate());
    must("iptables -F FORWARD");
    CHECK(prepared.backend.anticipate());
    CHECK(Prepared::oursInForward() == 2);
    prepared.look();

    prepared.backend.prepare({{forward, prepared.inForward}, {input, prepared.inInput}});
    CHECK_FALSE(prepared.backend.anticipate());
    must("iptables -A FORWARD -s 192.0.2.2 -j DROP");
    static_cast<void>(prepared.backend.changes());
    const auto seen = read(prepared.backend, forward, true);
    CHECK(seen.rules.size() == 3);
}

TEST_CASE("a change that was looked at already is nobody's to anticipate")
{
    Prepared prepared;
    must("iptables -F FORWARD");
    static_cast<void>(read(prepared.backend, forward));
    prepared.backend.anticipate();
    CHECK(Prepared::oursInForward() == 0);
}
