// SPDX-License-Identifier: GPL-2.0-or-later
#include "events.hpp"
#include "nft/mirror.hpp"
#include "nft/uapi.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

namespace {

/// Rules 1 to 3 at generation 10; 2 is ours.
Snapshot three()
{
    return {
        .chain = forward,
        .generation = {10},
        .policy = std::nullopt,
        .rules = {{.handle = {1}}, {.handle = {2}}, {.handle = {3}}},
        .tagged = {{.index = 1, .id = "x"}}};
}

/// What a reading that brought this is made into.
Snapshot read(Mirror& mirror, Snapshot snapshot, bool withPolicy = false)
{
    mirror.remember(snapshot, withPolicy);
    return snapshot;
}

Mirror mirrorOfThree()
{
    Mirror mirror;
    static_cast<void>(read(mirror, three()));
    return mirror;
}

/// As three(), when the last one was deleted.
Snapshot two()
{
    Snapshot snapshot = three();
    snapshot.rules.pop_back();
    return snapshot;
}

/// Three rules, in doubt, when this was announced last.
Mirror doubtedAt(std::uint32_t generation)
{
    Mirror mirror;
    announce(mirror, generation);
    static_cast<void>(read(mirror, three()));
    mirror.doubt();
    return mirror;
}

std::vector<std::uint64_t> handlesOf(const std::optional<Snapshot>& snapshot)
{
    REQUIRE(snapshot);
    std::vector<std::uint64_t> handles;
    for (const KernelRule& rule : snapshot->rules)
        handles.push_back(rule.handle.value);
    return handles;
}

} // namespace

TEST_CASE("a mirror knows a chain from when it was read, as it was read")
{
    Mirror mirror;
    CHECK_FALSE(mirror.recall(forward, false));
    static_cast<void>(read(mirror, three()));
    CHECK(mirror.recall(forward, false) == three());
    CHECK_FALSE(mirror.recall(forward, true)); // its policy was not read
    CHECK_FALSE(mirror.recall({Family::ip6, "filter", "FORWARD"}, false));
}

TEST_CASE("a transaction elsewhere makes the chain one generation newer")
{
    Mirror mirror = mirrorOfThree();
    announce(mirror, 11);
    tell(mirror, aboutRule(NFT_MSG_NEWRULE, 9, {Family::ip, "filter", "INPUT"}));
    tell(mirror, aboutRule(NFT_MSG_DELRULE, 2, {Family::ip, "filter", "INPUT"}));
    tell(mirror, aboutRule(NFT_MSG_DELRULE, 2, {Family::ip6, "filter", "FORWARD"}));
    tell(mirror, aboutRule(NFT_MSG_NEWSETELEM, 2));
    announce(mirror, 12);
    Snapshot expected = three();
    expected.generation = {12};
    CHECK(mirror.recall(forward, false) == expected);
}

TEST_CASE("deletions count from their announcement on")
{
    Mirror mirror = mirrorOfThree();
    deleted(mirror, 2);
    deleted(mirror, 3);
    CHECK_FALSE(mirror.recall(forward, false));
    announce(mirror, 11);
    const auto snapshot = mirror.recall(forward, false);
    CHECK(handlesOf(snapshot) == std::vector<std::uint64_t>{1});
    CHECK(snapshot->tagged.empty());
    CHECK(snapshot->generation.value == 11);
}

TEST_CASE("a deletion that leaves a rule of ours is to be read: what that has counted is not known")
{
    Mirror mirror = mirrorOfThree();
    deleted(mirror, 3);
    announce(mirror, 11);
    CHECK_FALSE(mirror.recall(forward, false));
}

TEST_CASE("any other change of the chain or its table is to be read")
{
    const auto kind = GENERATE(
        int{NFT_MSG_NEWRULE},
        int{NFT_MSG_NEWCHAIN},
        int{NFT_MSG_DELCHAIN},
        int{NFT_MSG_NEWTABLE},
        int{NFT_MSG_DELTABLE},
        200);
    Mirror mirror = mirrorOfThree();
    tell(mirror, aboutRule(kind, 9));
    CHECK_FALSE(mirror.recall(forward, false));
    announce(mirror, 11);
    CHECK_FALSE(mirror.recall(forward, false));
}

TEST_CASE("what was announced for before the reading is in it")
{
    Mirror mirror = mirrorOfThree();
    deleted(mirror, 1);
    tell(mirror, aboutRule(NFT_MSG_NEWRULE, 9));
    announce(mirror, 9);
    CHECK(mirror.recall(forward, false) == three());
}

TEST_CASE("what is announced for the generation of the reading may not be in it")
{
    Mirror mirror = mirrorOfThree();
    deleted(mirror, 2);
    announce(mirror, 10);
    CHECK(handlesOf(mirror.recall(forward, false)) == std::vector<std::uint64_t>{1, 3});
    deleted(mirror, 2);
    announce(mirror, 11);
    CHECK(handlesOf(mirror.recall(forward, false)) == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("after a generation that was not announced, a loss, or garbage, nothing is known")
{
    Mirror mirror = mirrorOfThree();
    SECTION("a gap")
    {
        announce(mirror, 12);
    }
    SECTION("a loss")
    {
        mirror.lost();
    }
    SECTION("a rule without a handle")
    {
        Datagram datagram = begin(NFT_MSG_DELRULE);
        name(datagram, NFTA_RULE_TABLE, "filter");
        name(datagram, NFTA_RULE_CHAIN, "FORWARD");
        tell(mirror, datagram);
    }
    SECTION("an attribute that is longer than its message")
    {
        Datagram datagram = aboutRule(NFT_MSG_NEWCHAIN, 1);
        datagram[sizeof(nlmsghdr) + sizeof(nfgenmsg)] = 0xff;
        tell(mirror, datagram);
    }
    CHECK_FALSE(mirror.recall(forward, false));
    static_cast<void>(read(mirror, three()));
    CHECK(mirror.recall(forward, false));
}

TEST_CASE("what is doubted is to be read again")
{
    Mirror mirror = mirrorOfThree();
    mirror.doubt();
    CHECK_FALSE(mirror.recall(forward, false));
    static_cast<void>(read(mirror, three()));
    CHECK(mirror.recall(forward, false) == three());
}

TEST_CASE("a mirror that a reading contradicts is not believed any more")
{
    Mirror mirror = doubtedAt(10);
    static_cast<void>(read(mirror, two()));
    static_cast<void>(read(mirror, two()));
    CHECK_FALSE(mirror.recall(forward, false));
}

TEST_CASE("a reading of another generation, or without rules, contradicts nothing")
{
    Mirror mirror = doubtedAt(10);
    Snapshot other = two();
    SECTION("newer")
    {
        other.generation = {11};
    }
    SECTION("empty")
    {
        other.rules.clear();
        other.tagged.clear();
    }
    static_cast<void>(read(mirror, other));
    CHECK(mirror.recall(forward, false) == other);
}

TEST_CASE("a chain that was read with its policy is known without it, and not the other way round")
{
    Mirror mirror;
    Snapshot whole = three();
    whole.policy = Policy::drop;
    static_cast<void>(read(mirror, whole, true));
    CHECK(mirror.recall(forward, true) == whole);
    CHECK(mirror.recall(forward, false) == three());
}

TEST_CASE("what is older than any reading is to be read, too")
{
    Mirror mirror = mirrorOfThree();
    SECTION("of another chain")
    {
        Snapshot other = three();
        other.chain.chain = "INPUT";
        other.generation = {11};
        static_cast<void>(read(mirror, other));
    }
    SECTION("of a chain that is not there")
    {
        mirror.sawMissing({.chain = {Family::ip, "filter", "NONE"}, .generation = {11}});
    }
    CHECK_FALSE(mirror.recall(forward, false));
    announce(mirror, 11);
    CHECK(mirror.recall(forward, false));
}

TEST_CASE("what a deleted rule had counted is told until the chain was read, whatever else happens")
{
    const std::vector<std::uint8_t> flushed = fwdguard::test::recordedMessages("flushed");
    Mirror mirror = mirrorOfThree();
    MessageReader messages{flushed};
    const auto first = messages.next();
    REQUIRE(first);
    mirror.take(*first);
    SECTION("a rule is added by the same transaction")
    {
        tell(mirror, aboutRule(NFT_MSG_NEWRULE, 9));
        announce(mirror, 11);
    }
    SECTION("the chain is read before the announcement")
    {
        CHECK_FALSE(mirror.recall(forward, false));
    }
    SECTION("the rest is lost")
    {
        mirror.lost();
    }
    const std::vector<GoneRule> gone{{.id = "x", .counters = {}}};
    CHECK(read(mirror, three()).gone == gone);
    CHECK(read(mirror, three()).gone.empty());
}

TEST_CASE("readings of a generation that is not announced yet contradict nothing")
{
    Mirror mirror = doubtedAt(9);
    static_cast<void>(read(mirror, two()));
    CHECK(mirror.recall(forward, false) == two());
}
