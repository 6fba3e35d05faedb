// SPDX-License-Identifier: GPL-2.0-or-later
#include "events.hpp"
#include "nft/mirror.hpp"
#include "nft/prepared_repairs.hpp"
#include "nft/uapi.hpp"
#include "support/catch.hpp"

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

namespace {

const ChainId input{.family = Family::ip, .table = "filter", .chain = "INPUT"};

/// As the kernel has it: the bytes before the packets.
Datagram counting(std::uint8_t handle, std::uint8_t packets, std::uint8_t bytes)
{
    Datagram counter;
    attribute(counter, NFTA_COUNTER_BYTES, {0, 0, 0, 0, 0, 0, 0, bytes});
    attribute(counter, NFTA_COUNTER_PACKETS, {0, 0, 0, 0, 0, 0, 0, packets});
    Datagram expression;
    name(expression, NFTA_EXPR_NAME, "counter");
    attribute(expression, NFTA_EXPR_DATA, counter);
    Datagram expressions;
    attribute(expressions, NFTA_LIST_ELEM, expression);
    Datagram message = aboutRule(NFT_MSG_DELRULE, handle);
    attribute(message, NFTA_RULE_EXPRESSIONS, expressions);
    return message;
}

InsertRule insertion(const std::string& id)
{
    DeclaredRule rule;
    rule.key.id = id;
    rule.chain = forward;
    return {.rule = std::make_shared<const DeclaredRule>(rule), .place = AtHead{}};
}

/// A plan of two insertions in a batch of nothing but their counters.
ReadyRepair repairOfTwo()
{
    return {
        Plan{insertion("a"), insertion("b")},
        ReadyBatch{
            .bytes = Datagram(32),
            .sequence = 1,
            .steps = 2,
            .counters = {{.packets = 0, .bytes = 8}, {.packets = 16, .bytes = 24}}}};
}

Snapshot snapshotOf(
    const ChainId& chain, const std::vector<std::uint64_t>& handles, std::vector<TaggedRule> tagged)
{
    Snapshot snapshot{.chain = chain, .generation = {10}, .tagged = std::move(tagged)};
    for (const std::uint64_t handle : handles)
        snapshot.rules.push_back({.handle = {handle}});
    return snapshot;
}

/// At generation 10: FORWARD with rules 1 to 3, of which 1 is "b" and 3 "a", and INPUT with rule 4,
/// about which nothing is to be done.
struct Watched {
    Mirror mirror;
    PreparedRepairs repairs;

    Watched()
    {
        remember(
            snapshotOf(forward, {1, 2, 3}, {{.index = 0, .id = "b"}, {.index = 2, .id = "a"}}));
        remember(snapshotOf(input, {4}, {}));
        repairs.add(forward, repairOfTwo());
        repairs.add(input, {});
        repairs.settle(mirror);
    }

    void remember(Snapshot snapshot) { mirror.remember(snapshot, false); }

    void flush()
    {
        for (std::uint8_t handle = 1; handle <= 3; ++handle)
            deleted(repairs, handle);
    }

    void flushAnnouncedAs(std::uint32_t generation)
    {
        flush();
        announce(repairs, generation);
    }
};

} // namespace

TEST_CASE("a repair is due once it is announced that all rules of its chain were deleted")
{
    Watched watched;
    CHECK(watched.repairs.due() == nullptr);
    watched.flush();
    CHECK(watched.repairs.due() == nullptr); // the transaction may not be all told yet
    announce(watched.repairs, 11);
    CHECK(watched.repairs.due() != nullptr);
    CHECK(watched.repairs.announced() == Generation{11});
}

TEST_CASE("a repair that is due starts its rules from what they had counted")
{
    Watched watched;
    tell(watched.repairs, counting(1, 7, 70));
    deleted(watched.repairs, 2);
    tell(watched.repairs, counting(3, 5, 50));
    announce(watched.repairs, 11);
    ReadyRepair* const due = watched.repairs.due();
    REQUIRE(due != nullptr);
    Datagram numbers(32);
    numbers[7] = 5;
    numbers[15] = 50;
    numbers[23] = 7;
    numbers[31] = 70;
    CHECK(due->batch().bytes == numbers);
    const Plan plan = due->takePlan();
    REQUIRE(plan.size() == 2);
    CHECK(std::get<InsertRule>(plan[0]).counters == Counters{.packets = 5, .bytes = 50});
    CHECK(std::get<InsertRule>(plan[1]).counters == Counters{.packets = 7, .bytes = 70});
}

TEST_CASE("a rehearsal makes nothing due, and keeps nothing from being due")
{
    Watched watched;
    watched.repairs.rehearse();
    CHECK(watched.repairs.due() == nullptr);
    CHECK(watched.repairs.announced() == Generation{});
    watched.flushAnnouncedAs(11);
    ReadyRepair* const due = watched.repairs.due();
    REQUIRE(due != nullptr);
    watched.repairs.rehearse();
    CHECK(watched.repairs.due() == due);
    watched.repairs.lost();
    watched.repairs.rehearse();
    CHECK(watched.repairs.due() == nullptr);
    PreparedRepairs{}.rehearse();
}

TEST_CASE("what is done elsewhere keeps no repair from being due")
{
    Watched watched;
    tell(watched.repairs, aboutRule(NFT_MSG_NEWRULE, 9, {Family::ip, "filter", "OUTPUT"}));
    tell(watched.repairs, aboutRule(NFT_MSG_DELRULE, 1, {Family::ip6, "filter", "FORWARD"}));
    tell(watched.repairs, aboutRule(NFT_MSG_DELRULE, 1, {Family::ip, "filter", "FORWARD2"}));
    tell(watched.repairs, aboutRule(NFT_MSG_NEWSETELEM, 1));
    announce(watched.repairs, 11);
    watched.flushAnnouncedAs(12);
    announce(watched.repairs, 13);
    CHECK(watched.repairs.due() != nullptr);
    CHECK(watched.repairs.announced() == Generation{13});
}

TEST_CASE("no repair is due after anything else than one emptied chain")
{
    Watched watched;
    PreparedRepairs& repairs = watched.repairs;
    const std::vector<std::function<void()>> events{
        [&] { announce(repairs, 11); },
        [&] { // not all
            deleted(repairs, 1);
            deleted(repairs, 2);
            announce(repairs, 11);
        },
        [&] { // not at once
            deleted(repairs, 1);
            announce(repairs, 11);
            deleted(repairs, 2);
            deleted(repairs, 3);
            announce(repairs, 12);
        },
        [&] { // another one before: who reads the chain now reads something else
            deleted(repairs, 9);
            watched.flushAnnouncedAs(11);
        },
        [&] { // one more than there were
            watched.flush();
            deleted(repairs, 9);
            announce(repairs, 11);
        },
        [&] {
            tell(repairs, aboutRule(NFT_MSG_NEWRULE, 9));
            watched.flushAnnouncedAs(11);
        },
        [&] {
            watched.flush();
            tell(repairs, aboutRule(NFT_MSG_NEWRULE, 9));
            announce(repairs, 11);
        },
        [&] { // a policy
            Datagram chain = begin(NFT_MSG_NEWCHAIN);
            name(chain, NFTA_CHAIN_TABLE, "filter");
            name(chain, NFTA_CHAIN_NAME, "FORWARD");
            tell(repairs, chain);
            watched.flushAnnouncedAs(11);
        },
        [&] {
            watched.flush();
            Datagram table = begin(NFT_MSG_DELTABLE);
            name(table, NFTA_TABLE_NAME, "filter");
            tell(repairs, table);
            announce(repairs, 11);
        },
        [&] { // cut off in the middle
            Datagram rule = aboutRule(NFT_MSG_NEWRULE, 9, {Family::ip, "other", "chain"});
            rule[sizeof(nlmsghdr) + sizeof(nfgenmsg)] = 255;
            tell(repairs, rule);
            watched.flushAnnouncedAs(11);
        },
        [&] { // without a handle
            Datagram rule = begin(NFT_MSG_DELRULE);
            name(rule, NFTA_RULE_TABLE, "filter");
            name(rule, NFTA_RULE_CHAIN, "FORWARD");
            tell(repairs, rule);
            watched.flushAnnouncedAs(11);
        },
        [&] {
            watched.flush();
            deleted(repairs, 4, input);
            announce(repairs, 11);
        },
        [&] { // nothing is to be done about that chain
            deleted(repairs, 4, input);
            announce(repairs, 11);
        },
        [&] { // an announcement is missing
            announce(repairs, 12);
            watched.flushAnnouncedAs(13);
        },
        [&] { // from before what is known
            announce(repairs, 9);
            watched.flushAnnouncedAs(10);
        },
        [&] {
            repairs.lost();
            watched.flushAnnouncedAs(11);
        },
        [&] {
            watched.flushAnnouncedAs(11);
            repairs.lost();
        },
        [&] {
            repairs.clear();
            watched.flushAnnouncedAs(11);
        },
    };
    const auto event = GENERATE_REF(range(std::size_t{0}, events.size()));
    INFO(event);
    events[event]();
    CHECK(repairs.due() == nullptr);
}

TEST_CASE(
    "what was left to the guard is not due later, and what it leaves in place is expected anew")
{
    Watched watched;
    watched.flushAnnouncedAs(11);
    watched.flushAnnouncedAs(11); // no chain loses its rules twice
    CHECK(watched.repairs.due() == nullptr);
    SECTION("while the mirror does not know the chain")
    {
        watched.mirror.doubt();
        watched.repairs.settle(watched.mirror);
        watched.flushAnnouncedAs(12);
        CHECK(watched.repairs.due() == nullptr);
    }
    SECTION("while a rule of the plan is missing")
    {
        Snapshot snapshot = snapshotOf(forward, {5, 6}, {{.index = 1, .id = "a"}});
        watched.remember(snapshot);
        watched.repairs.settle(watched.mirror);
        deleted(watched.repairs, 5);
        deleted(watched.repairs, 6);
        announce(watched.repairs, 11);
        CHECK(watched.repairs.due() == nullptr);
    }
    SECTION("once all of it is there")
    {
        watched.remember(
            snapshotOf(forward, {5, 6}, {{.index = 0, .id = "b"}, {.index = 1, .id = "a"}}));
        watched.repairs.settle(watched.mirror);
        CHECK(watched.repairs.due() == nullptr);
        deleted(watched.repairs, 5);
        deleted(watched.repairs, 6);
        announce(watched.repairs, 11);
        CHECK(watched.repairs.due() != nullptr);
    }
}

TEST_CASE(
    "a repair that was due is the guard's, though the mirror does not know the chain any more")
{
    Watched watched;
    watched.flushAnnouncedAs(11);
    REQUIRE(watched.repairs.due() != nullptr);
    watched.mirror.doubt();
    watched.repairs.settle(watched.mirror);
    announce(watched.repairs, 12);
    CHECK(watched.repairs.due() == nullptr);
}
