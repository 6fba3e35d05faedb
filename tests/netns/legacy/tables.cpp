// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"
#include "support/catch.hpp"
#include "support/plan.hpp"

#include <string>

#include <unistd.h>

using namespace fwdguard;
using fwdguard::test::insertRule;
using namespace fwdguard::legacy;

namespace {

std::string liveTables()
{
    return sh("cat /proc/net/ip_tables_names /proc/net/ip6_tables_names");
}

} // namespace

TEST_CASE("looking at tables never creates one")
{
    const Namespace inside;
    REQUIRE(liveTables().empty());
    auto backend = pollingBackend();
    for (const Family family : {Family::ip, Family::ip6, Family::inet, Family::bridge})
        for (const char* const table : {"filter", "nat", "mangle", "raw", "security", "other"}) {
            const ChainId chain{family, table, "FORWARD"};
            const auto result = backend.snapshot(chain, true);
            REQUIRE(std::holds_alternative<ChainMissing>(result));
            CHECK(std::get<ChainMissing>(result).tableMissing);
            const Plan plan{insertRule(chain, {"r", family}, {}, {}, AtHead{})};
            CHECK(std::holds_alternative<Stale>(backend.commit(plan, std::nullopt)));
        }
    CHECK(backend.chainsWithTags().empty());
    CHECK_FALSE(backend.changes().foreign());
    CHECK(liveTables().empty());
}

TEST_CASE("a missing chain of a live table is told from a missing table")
{
    const Namespace inside;
    sh("iptables-legacy -t nat -L -n");
    auto backend = pollingBackend();
    const auto chain = backend.snapshot({Family::ip, "nat", "DOCKER"}, false);
    REQUIRE(std::holds_alternative<ChainMissing>(chain));
    CHECK_FALSE(std::get<ChainMissing>(chain).tableMissing);
    const auto table = backend.snapshot(forward, false);
    REQUIRE(std::holds_alternative<ChainMissing>(table));
    CHECK(std::get<ChainMissing>(table).tableMissing);
    CHECK(liveTables() == "nat\n");
}

TEST_CASE("a table that comes to life is noticed and guarded")
{
    const Namespace inside;
    auto backend = pollingBackend();
    REQUIRE(std::holds_alternative<ChainMissing>(backend.snapshot(forward, false)));
    CHECK_FALSE(backend.changes().foreign());
    sh("iptables-legacy -P FORWARD DROP");
    CHECK(backend.changes().foreign());
    insertAtHead(backend, forward, "r", acceptFrom("a"));
    CHECK(rulesOf(forward).size() == 1);
}

TEST_CASE("every table of both families is guarded")
{
    for (const Family family : {Family::ip, Family::ip6})
        for (const char* const table : {"filter", "nat", "mangle", "raw", "security"}) {
            INFO(toString(family) << " " << table);
            const Namespace inside;
            const ChainId chain{family, table, "OUTPUT"};
            sh(iptables(family) + " -t " + table + " -L -n");
            auto backend = pollingBackend();
            RuleBody body;
            body.match.outInterface = InterfaceMatch{"a", false, false};
            insertAtHead(backend, chain, "r", body);
            CHECK(rulesOf(chain).size() == 1);
            CHECK(backend.chainsWithTags() == std::vector<ChainId>{twinOf(chain)});
        }
}

TEST_CASE("without the right to list tables a chain is unreadable, not missing")
{
    const Namespace inside;
    sh("iptables-legacy -A FORWARD -j ACCEPT");
    auto backend = pollingBackend();
    REQUIRE(::setegid(65534) == 0);
    REQUIRE(::seteuid(65534) == 0);
    const auto result = backend.snapshot(forward, false);
    REQUIRE(::seteuid(0) == 0);
    REQUIRE(::setegid(0) == 0);
    REQUIRE(std::holds_alternative<SnapshotFailed>(result));
    CHECK(std::get<SnapshotFailed>(result).error == std::errc::permission_denied);
}
