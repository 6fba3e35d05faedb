// SPDX-License-Identifier: GPL-2.0-or-later
// The stream reaches the initial network namespace only, so each test opens it before it enters its
// own.
#include "audit_barrier.hpp"
#include "support.hpp"
#include "support/catch.hpp"
#include "support/plan.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <sys/socket.h>

using namespace fwdguard;
using fwdguard::test::insertRule;
using namespace fwdguard::legacy;
using namespace fwdguard::xtables;
using namespace std::chrono_literals;

namespace {

/// A backend that has heard nothing yet of what the test has done so far.
Backend backendOn(AuditStream stream)
{
    for (pollfd ready{stream.socket.get(), POLLIN, 0}; ::poll(&ready, 1, 50) > 0;)
        (void)receiveAudit(stream.socket.get());
    return Backend{{}, std::move(stream)};
}

/// Everything that is announced until the stream has been quiet for a while.
Changes settled(Backend& backend)
{
    Changes all;
    for (pollfd ready{backend.eventFd(), POLLIN, 0}; ::poll(&ready, 1, 100) > 0;) {
        const Changes some = backend.changes();
        std::ranges::copy(some.transactions, std::back_inserter(all.transactions));
        all.overrun = all.overrun || some.overrun;
        if (some.latest != Generation{})
            all.latest = some.latest;
    }
    return all;
}

bool names(const Changes& changes, const std::string& comm)
{
    return std::ranges::any_of(changes.transactions, [&](const Transaction& transaction) {
        return transaction.committer.comm == comm;
    });
}

} // namespace

TEST_CASE("the first announcement, of our own commit, switches from polling to events")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    const Namespace inside;
    sh("iptables-legacy -L -n");
    auto backend = backendOn(std::move(stream));
    (void)look(backend, forward);
    CHECK(backend.watch().mode == WatchMode::polling);
    CHECK(backend.wakeAt());

    insertAtHead(backend, forward, "r", acceptFrom("a"));
    const Changes changes = settled(backend);
    CHECK_FALSE(changes.foreign());
    CHECK(changes.latest == look(backend, forward).generation);
    CHECK(backend.watch() == WatchStatus{.mode = WatchMode::audit});
    std::this_thread::sleep_for(StreamProof::patience); // nothing unannounced under the lock
    CHECK_FALSE(settled(backend).foreign());
    CHECK_FALSE(backend.changes().foreign());
    CHECK_FALSE(backend.wakeAt());
}

TEST_CASE("a flush is announced with the process that did it, its command line and its user")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    AuditBarrier barrier;
    const Namespace inside;
    sh("iptables-legacy -A FORWARD -i a -j ACCEPT");
    barrier.pass();
    auto backend = backendOn(std::move(stream));
    const auto before = look(backend, forward).generation;
    // The shell stays the parent: it has one more thing to do.
    const std::string shell = sh("iptables-legacy -w -t filter -F FORWARD; echo $$");

    barrier.pass();
    const Changes changes = settled(backend);
    REQUIRE(changes.transactions.size() == 1);
    const Committer& committer = changes.transactions[0].committer;
    CHECK(committer.comm == "iptables-legacy");
    CHECK(changes.latest.isAfter(before));
    const auto cause = backend.causeOf(committer);
    REQUIRE(cause);
    CHECK(cause->cause.pid == committer.pid);
    CHECK(cause->cause.comm == "iptables-legacy");
    CHECK(cause->cause.exe == "/usr/sbin/xtables-legacy-multi");
    CHECK(cause->cause.cmdline == "iptables-legacy -w -t filter -F FORWARD");
    REQUIRE(cause->cause.parent);
    CHECK(cause->cause.parent->pid == std::stoul(shell));
    CHECK(cause->uid == 0U);
}

TEST_CASE("IPv6 and other tables are announced when guarded, and only then")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    const Namespace inside;
    sh("iptables-legacy -L -n; ip6tables-legacy -t raw -L -n");
    auto backend = backendOn(std::move(stream));
    (void)look(backend, {Family::ip6, "raw", "PREROUTING"});
    sh("iptables-legacy -A FORWARD -j ACCEPT; iptables-legacy -t raw -A PREROUTING -j ACCEPT");
    CHECK_FALSE(settled(backend).foreign());
    sh("ip6tables-legacy -t raw -A PREROUTING -j ACCEPT");
    CHECK(names(settled(backend), "ip6tables-legac"));
}

TEST_CASE("a guarded table that comes to life is announced")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    const Namespace inside;
    auto backend = backendOn(std::move(stream));
    REQUIRE(std::holds_alternative<ChainMissing>(backend.snapshot(forward, false)));
    sh("iptables-legacy -L -n");
    CHECK(names(settled(backend), "iptables-legacy"));
    CHECK(backend.watch().mode == WatchMode::audit);
}

TEST_CASE("asking for a cause loses no announcement that came in between")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    const Namespace inside;
    sh("iptables-legacy -L -n");
    auto backend = backendOn(std::move(stream));
    (void)look(backend, forward);
    sh("iptables-legacy -F");
    REQUIRE(settled(backend).foreign());
    sh("iptables-legacy -F");
    std::this_thread::sleep_for(100ms);
    CHECK_FALSE(backend.causeOf({1, "nobody"}));
    pollfd ready{backend.eventFd(), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 0) == 1);
    CHECK(names(backend.changes(), "iptables-legacy"));
    CHECK(::poll(&ready, 1, 0) == 0);
}

TEST_CASE("changes in another network namespace are heard and read as none")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    const Namespace inside;
    sh("iptables-legacy -L -n");
    auto backend = backendOn(std::move(stream));
    const auto before = look(backend, forward);
    sh("unshare -n iptables-legacy -A FORWARD -j DROP");
    (void)settled(backend);
    const Plan plan{insertRule(forward, {"r", Family::ip}, acceptFrom("a"), {}, AtHead{})};
    CHECK(std::holds_alternative<Committed>(backend.commit(plan, before.generation)));
}

TEST_CASE("with audit off the watch polls, says so, and finds the change")
{
    const AuditSetting off = switchAudit(false);
    AuditStream stream = streamOrSkip();
    const Namespace inside;
    sh("iptables-legacy -A FORWARD -i a -j ACCEPT");
    auto backend = backendOn(std::move(stream));
    (void)look(backend, forward);
    CHECK(backend.watch().mode == WatchMode::polling);
    CHECK(backend.watch().reason == "the kernel's audit is off");
    // Under no lock that is watched.
    const std::string other = inside.lockFile().string() + ".other";
    sh("XTABLES_LOCKFILE=" + other + " iptables-legacy -F; rm " + other);
    CHECK_FALSE(settled(backend).foreign());
    const Changes changes = backend.changes();
    REQUIRE(changes.transactions.size() == 1);
    CHECK(changes.transactions[0].committer == Committer{});
}

TEST_CASE("audit that is switched off while we watch means polling at once, and on again events")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    const Namespace inside;
    sh("iptables-legacy -L -n");
    auto backend = backendOn(std::move(stream));
    (void)look(backend, forward);
    sh("iptables-legacy -F");
    REQUIRE(settled(backend).foreign());
    REQUIRE(backend.watch().mode == WatchMode::audit);

    REQUIRE_FALSE(setAuditEnabled(false));
    (void)settled(backend);
    CHECK(backend.watch().mode == WatchMode::polling);
    sh("iptables-legacy -A FORWARD -j DROP");
    CHECK(backend.changes().foreign());

    REQUIRE_FALSE(setAuditEnabled(true));
    sh("iptables-legacy -A FORWARD -j DROP");
    CHECK(settled(backend).foreign());
    CHECK(backend.watch().mode == WatchMode::audit);
}

TEST_CASE("a stream opened in a namespace of its own is found out by our own commit")
{
    const AuditSetting on = switchAudit(true);
    const Namespace inside;
    AuditStream stream = streamOrSkip();
    sh("iptables-legacy -L -n");
    auto backend = backendOn(std::move(stream));
    (void)look(backend, forward);
    insertAtHead(backend, forward, "r", acceptFrom("a"));
    std::this_thread::sleep_for(StreamProof::patience + 20ms);
    CHECK_FALSE(backend.changes().foreign());
    CHECK(backend.watch().mode == WatchMode::polling);
    CHECK(backend.watch().remedy.find("initial network namespace") != std::string::npos);
}

TEST_CASE("a stream that overflows tells that anything may have changed")
{
    const AuditSetting on = switchAudit(true);
    AuditStream stream = streamOrSkip();
    const int small = 1;
    REQUIRE(::setsockopt(stream.socket.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
    const Namespace inside;
    Backend backend{{}, std::move(stream)};
    (void)backend.snapshot(forward, false);
    sh("for i in 1 2 3 4 5 6 7 8; do iptables-legacy -A FORWARD -j ACCEPT; done");
    std::this_thread::sleep_for(100ms);
    const Changes changes = backend.changes();
    CHECK(changes.overrun);
    CHECK(changes.foreign());
}
