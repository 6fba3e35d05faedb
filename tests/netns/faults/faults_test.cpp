// SPDX-License-Identifier: GPL-2.0-or-later
// Each system call in turn fails, or brings something else than it should.
#include "netns/faults/crew.hpp"
#include "netns/legacy/audit_setting.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

using namespace fwdguard::faults;
using fwdguard::test::FreshNetns;
using fwdguard::test::run;

namespace {

/// A sample that is drawn anew each time finds something now and then; whether it does is not to
/// depend on who happens to run all tests.
bool asked()
{
    if (std::getenv("FWDGUARD_FAULTS") != nullptr) // NOLINT(concurrency-mt-unsafe): one thread
        return true;
    std::cout << "SKIPPED: FWDGUARD_FAULTS=some or =all asks for it" << std::endl;
    return false;
}

void nothingBreaks(const Scenario& scenario)
{
    if (scenario.orders.empty() && !asked())
        return;
    const Tally tally = tryFaults(scenario);
    for (const std::string& broken : tally.broken)
        FAIL_CHECK(scenario.name << ": " << broken);
    CHECK(tally.tried > 0);
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
    nothingBreaks(
        {.name = "legacy",
         .subjects = {"raw", "names", "lock", "eventfd", "inotify"},
         .iptables = "iptables-legacy",
         .more = R"(,"legacy":{"watch":"poll","poll_interval":"100ms"})",
         .budget = std::chrono::seconds{25},
         .tableGoes = false});
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
    if (!asked())
        return; // before the kernel's audit is switched on for it
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
