// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/ledger.hpp"

#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::xtables;

namespace {
const TableId filter{Family::ip, "filter"};
const TableId nat{Family::ip, "nat"};
constexpr Fingerprint one{1, 1};
constexpr Fingerprint two{2, 2};
constexpr Fingerprint three{3, 3};
} // namespace

TEST_CASE("the first reading of a table is not a change")
{
    Ledger ledger;
    const Generation start = ledger.current();
    ledger.observe(filter, one);
    ledger.observe(nat, std::nullopt);
    CHECK(ledger.current() == start);
    CHECK_FALSE(ledger.takeChange(filter));
    CHECK_FALSE(ledger.changedSince(filter, start));
}

TEST_CASE("a table that reads the same keeps its generation, one that differs gets the next")
{
    Ledger ledger;
    ledger.observe(filter, one);
    ledger.observe(nat, one);
    const Generation before = ledger.current();
    ledger.observe(filter, one);
    CHECK(ledger.current() == before);
    ledger.observe(filter, two);
    CHECK(ledger.current().isAfter(before));
    CHECK(ledger.changedSince(filter, before));
    CHECK_FALSE(ledger.changedSince(filter, ledger.current()));
    CHECK_FALSE(ledger.changedSince(nat, before));
}

TEST_CASE("a table that goes is a change, and one that comes back as well")
{
    Ledger ledger;
    ledger.observe(filter, one);
    ledger.observe(filter, std::nullopt);
    CHECK(ledger.takeChange(filter));
    ledger.observe(filter, one);
    CHECK(ledger.takeChange(filter));
}

TEST_CASE("a change is reported even when the table reads as before by then: who looked in between "
          "may have believed it")
{
    Ledger ledger;
    ledger.observe(filter, one);
    ledger.observe(filter, std::nullopt);
    ledger.observe(filter, one);
    CHECK(ledger.takeChange(filter));
    CHECK_FALSE(ledger.takeChange(filter));
}

TEST_CASE("a change is reported once, whoever read it first")
{
    Ledger ledger;
    ledger.observe(filter, one);
    ledger.observe(filter, two);
    CHECK(ledger.takeChange(filter));
    CHECK_FALSE(ledger.takeChange(filter));
}

TEST_CASE("our own commit is not reported as a change")
{
    Ledger ledger;
    ledger.observe(filter, one);
    const Generation before = ledger.current();
    ledger.committed(filter, two);
    CHECK(ledger.current().isAfter(before));
    CHECK_FALSE(ledger.takeChange(filter));
    ledger.observe(filter, two);
    CHECK_FALSE(ledger.takeChange(filter));
}

TEST_CASE("our own commit does not hide a change that came before it")
{
    Ledger ledger;
    ledger.observe(filter, one);
    ledger.observe(filter, two);
    ledger.committed(filter, three);
    CHECK(ledger.takeChange(filter));
}

TEST_CASE("a table that is not known counts as changed")
{
    const Ledger ledger;
    CHECK(ledger.changedSince(filter, ledger.current()));
}

TEST_CASE("tables that are not guarded any more are forgotten")
{
    Ledger ledger;
    ledger.observe(filter, one);
    ledger.observe(nat, one);
    ledger.retain({{Family::ip, "nat", "PREROUTING"}, {Family::ip6, "filter", "FORWARD"}});
    CHECK(ledger.tables() == std::vector<TableId>{nat});
}

TEST_CASE("something is live while one of the watched tables exists")
{
    Ledger ledger;
    CHECK(ledger.empty());
    ledger.observe(filter, std::nullopt);
    CHECK_FALSE(ledger.empty());
    CHECK_FALSE(ledger.live());
    ledger.observe(nat, one);
    CHECK(ledger.live());
    ledger.observe(nat, std::nullopt);
    CHECK_FALSE(ledger.live());
}
