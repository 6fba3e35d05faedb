// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/chain_record.hpp"
#include "support/catch.hpp"

using namespace fwdguard;

namespace {

const ChainId chain{.family = Family::ip, .table = "filter", .chain = "FORWARD"};

Counters countersOfRepair(ChainRecord& record, const Snapshot& snapshot)
{
    const Plan plan = record.look(snapshot, {}, {});
    REQUIRE(plan.size() == 1);
    return std::get<InsertRule>(plan[0]).counters;
}

} // namespace

TEST_CASE("a rule comes back with what it had counted when it was deleted, if that was seen")
{
    const DeclaredRule rule{
        .key = {.id = "x", .family = Family::ip}, .chain = chain, .position = {}, .body = {}};
    ChainRecord record{chain};
    record.declare(rule, 0);

    const Snapshot before{
        .chain = chain,
        .generation = {1},
        .policy = std::nullopt,
        .rules = {{.handle = {5}}},
        .tagged = {{.index = 0, .id = "x", .body = rule.body, .counters = {1, 100}}}};
    REQUIRE(record.look(before, {}, {}).empty());
    const Snapshot unseen{.chain = chain, .generation = {2}};
    CHECK(countersOfRepair(record, unseen) == Counters{1, 100});
    const Snapshot seen{
        .chain = chain,
        .generation = {2},
        .policy = std::nullopt,
        .rules = {},
        .tagged = {},
        .gone = {{.id = "other", .counters = {9, 900}}, {.id = "x", .counters = {3, 300}}}};
    CHECK(countersOfRepair(record, seen) == Counters{3, 300});
}
