// SPDX-License-Identifier: GPL-2.0-or-later
// Each system call in turn fails, or brings something else than it should.
#include "netns/faults/crew.hpp"
#include "netns/legacy/audit_setting.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <iostream>
#include <stdexcept>
#include <string>

using namespace fwdguard::faults;
using fwdguard::test::FreshNetns;
using fwdguard::test::run;

namespace {

Tally nothingBreaks(const Scenario& scenario)
{
    const Tally tally = tryFaults(scenario);
    for (const std::string& broken : tally.broken)
        FAIL_CHECK(scenario.name << ": " << broken);
    for (const std::string& late : tally.late)
        FAIL_CHECK(scenario.name << ": late: " << late);
    CHECK(tally.tried > 0);
    return tally;
}

Scenario marks()
{
    return {
        .name = "marks",
        .subjects = {"docker", "marks"},
        .socketNames = "reader writer watch events search docker marks survey",
        .budget = std::chrono::seconds{20},
        .tableGoes = false,
        .marked = true};
}

Scenario legacy()
{
    return {
        .name = "legacy",
        .subjects = {"raw", "names", "lock", "eventfd", "inotify"},
        .iptables = "iptables-legacy",
        .more = R"(,"legacy":{"watch":"poll","poll_interval":"100ms"})",
        .budget = std::chrono::seconds{25},
        .tableGoes = false};
}

void needLegacy()
{
    if (run("iptables-legacy --version && test -e /proc/net/ip_tables_names").status == 0)
        return;
    std::cout << "SKIPPED: no iptables-legacy, or no legacy tables in this kernel" << std::endl;
    throw std::runtime_error("SKIPPED: no legacy tables");
}

} // namespace

TEST_CASE("whatever one system call on nf_tables' sockets answers, every rule stands exactly once, "
          "or the daemon ends with a reason and the next start puts it right")
{
    const FreshNetns permitted;
    nothingBreaks(
        {.name = "nf_tables",
         .subjects =
             {"reader", "writer", "watch", "events", "eventpoll", "timerfd", "signalfd", "inotify"},
         .budget = std::chrono::seconds{35}});
}

TEST_CASE(
    "whatever one system call answers on the sockets of a flow and its marks, they and every "
    "rule stand exactly once, or the daemon ends with a reason and the next start puts it right")
{
    const FreshNetns permitted;
    Scenario scenario = marks();
    nothingBreaks(scenario);
    // No other of these sockets has an option set: that the name is the right one's.
    scenario.orders = {"setsockopt marks 1 error 12 0"};
    CHECK(nothingBreaks(scenario).unreached == 0);
}

// What the kernel had written, and was not heard to have, stayed when it was not wanted any more;
// what it had not, because somebody else had written (85 is ERESTART), passed for written.
TEST_CASE("marks come and go, whatever became of the kernel's answer")
{
    const FreshNetns permitted;
    Scenario scenario = marks();
    scenario.orders = {
        "recvmmsg marks 3 error 105 1000",
        "recvmmsg marks 3 lost 105 1000",
        "sendto marks 3 answer 85 0"};
    CHECK(nothingBreaks(scenario).unreached == 0);
}

TEST_CASE("whatever one system call answers that looks for what shadows the rules, or for what is "
          "declared no more, they stand")
{
    const FreshNetns permitted;
    nothingBreaks(
        {.name = "survey",
         .subjects = {"search", "survey"},
         .budget = std::chrono::seconds{15},
         .surveyed = true});
}

TEST_CASE("whatever one system call on legacy tables and their lock answers, every rule stands "
          "exactly once, or the daemon ends with a reason and the next start puts it right")
{
    needLegacy();
    const FreshNetns permitted;
    nothingBreaks(legacy());
}

// They passed for not permitted at all, and were read again with the next change only. Which call
// is the last before a rest differs from run to run by a few.
TEST_CASE("legacy tables that cannot be read for a moment are read again")
{
    needLegacy();
    const FreshNetns permitted;
    Scenario scenario = legacy();
    for (const char* call :
         {"socket raw 18", "socket raw 25", "getsockopt raw 36", "getsockopt raw 50"})
        for (const char* period : {"0", "1000"})
            scenario.orders.push_back(std::string{call} + " error 1 " + period);
    nothingBreaks(scenario);
}

// A reply was lost without a word, and fwd-guardctl waited for it for 25 s. Which message is one
// differs from run to run by a few.
TEST_CASE("a reply that the bus does not take ends the connection, and nobody waits for it")
{
    const FreshNetns permitted;
    Scenario scenario{.name = "bus", .subjects = {"bus"}, .onBus = true};
    for (int call = 10; call < 26; ++call)
        scenario.orders.push_back("sendmsg bus " + std::to_string(call) + " error 105 1000");
    nothingBreaks(scenario);
}

TEST_CASE("whatever one system call on the bus answers, the rules stand, and the daemon is on the "
          "bus again")
{
    const FreshNetns permitted;
    nothingBreaks(
        {.name = "bus",
         .subjects = {"bus", "eventfd"},
         .budget = std::chrono::seconds{25},
         .onBus = true});
}

TEST_CASE("whatever one system call on the journal's socket answers, the rules stand")
{
    const FreshNetns permitted;
    nothingBreaks(
        {.name = "journal",
         .subjects = {"datagram"},
         .budget = std::chrono::seconds{10},
         .toJournal = true});
}

TEST_CASE("whatever one system call on the audit stream answers, the rules stand")
{
    needLegacy();
    const fwdguard::legacy::AuditSetting on(true);
    nothingBreaks(
        {.name = "audit",
         .subjects = {"audit"},
         .iptables = "iptables-legacy",
         .more = R"(,"legacy":{"poll_interval":"100ms"})",
         .budget = std::chrono::seconds{15},
         .outside = true,
         .tableGoes = false});
}
