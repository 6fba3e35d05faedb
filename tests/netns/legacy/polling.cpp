// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/declared.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include <poll.h>

#include <linux/netlink.h>
#include <sys/socket.h>

using namespace fwdguard;
using namespace fwdguard::legacy;

namespace {

bool heard(const xtables::Backend& backend)
{
    pollfd ready{backend.eventFd(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1;
}

/// An audit stream that announces what the test says, and nothing else.
class SpokenStream {
  public:
    SpokenStream()
    {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        ours_ = xtables::UniqueFd{ends[0]};
        theirs_.socket = xtables::UniqueFd{ends[1]};
    }

    xtables::AuditStream take() { return std::move(theirs_); }

    void announceReplaced() const
    {
        nlmsghdr header{};
        header.nlmsg_type = xtables::auditNetfilterConfig;
        std::string datagram(sizeof header, '\0');
        std::memcpy(datagram.data(), &header, sizeof header);
        datagram += "audit(1795442221.181:3): table=filter family=2 entries=4 op=xt_replace pid=7 "
                    "comm=\"other\"";
        REQUIRE(::send(ours_.get(), datagram.data(), datagram.size(), 0) > 0);
    }

  private:
    xtables::UniqueFd ours_;
    xtables::AuditStream theirs_;
};

} // namespace

TEST_CASE("polling notices each kind of change, also one that keeps the table's size")
{
    for (const char* const change :
         {"-A FORWARD -j DROP",
          "-D FORWARD 1",
          "-F",
          "-P FORWARD DROP",
          "-R FORWARD 1 -s 192.0.2.2/32 -j ACCEPT",
          "-N NEW",
          "-A INPUT -j ACCEPT"}) {
        INFO(change);
        const Namespace inside;
        sh("iptables-legacy -A FORWARD -s 192.0.2.1/32 -j ACCEPT");
        auto backend = pollingBackend();
        const auto before = look(backend, forward).generation;
        CHECK_FALSE(backend.changes().foreign());
        sh(std::string{"iptables-legacy "} + change);
        const Changes changes = backend.changes();
        REQUIRE(changes.transactions.size() == 1);
        CHECK(changes.transactions[0].committer == Committer{});
        CHECK(changes.latest.isAfter(before));
        CHECK_FALSE(backend.changes().foreign());
    }
}

TEST_CASE("polling keeps quiet about our own commits, and about reading and counting")
{
    const Namespace inside;
    sh("iptables-legacy -A FORWARD -m limit --limit 1/s -j LOG; iptables-legacy -N D; "
       "iptables-legacy -A FORWARD -j D; iptables-legacy -A FORWARD -s 192.0.2.1");
    auto backend = pollingBackend();
    for (int round = 0; round < 3; ++round) {
        insertAtHead(backend, forward, "r" + std::to_string(round), acceptFrom("a"));
        const Changes changes = backend.changes();
        CHECK_FALSE(changes.foreign());
        CHECK(changes.latest == look(backend, forward).generation);
        sh("iptables-legacy -Z; iptables-legacy -L -n");
        CHECK_FALSE(backend.changes().foreign());
    }
}

TEST_CASE("a change that a snapshot has already seen is still told for the other chains")
{
    const Namespace inside;
    sh("iptables-legacy -L -n");
    auto backend = pollingBackend();
    (void)look(backend, forward);
    sh("iptables-legacy -F; iptables-legacy -A INPUT -j DROP");
    (void)look(backend, forward);
    CHECK(backend.changes().foreign());
}

TEST_CASE("a change in a table that nobody guards is not told")
{
    const Namespace inside;
    sh("iptables-legacy -L -n; iptables-legacy -t nat -L -n");
    auto backend = pollingBackend();
    (void)look(backend, forward);
    (void)look(backend, {Family::ip, "nat", "OUTPUT"});
    backend.retain({forward});
    sh("iptables-legacy -t nat -A OUTPUT -j ACCEPT; ip6tables-legacy -A FORWARD -j ACCEPT");
    CHECK_FALSE(backend.changes().foreign());
}

TEST_CASE("without a stream the watch polls and says so")
{
    const Namespace inside;
    sh("iptables-legacy -L -n");
    xtables::AuditStream none;
    none.error = std::make_error_code(std::errc::operation_not_permitted);
    xtables::Backend backend{{.pollInterval = std::chrono::milliseconds{250}}, std::move(none)};
    (void)look(backend, forward);
    CHECK(backend.watch().mode == xtables::WatchMode::polling);
    CHECK_FALSE(backend.watch().reason.empty());
    CHECK_FALSE(backend.changes().foreign());
    const auto read = std::chrono::steady_clock::now();
    CHECK(backend.wakeAt() <= read + std::chrono::milliseconds{250});
    CHECK(backend.wakeAt() > read);
}

TEST_CASE(
    "before a watched table exists no more than the sweep wakes us, and a new one is heard of")
{
    const Namespace inside;
    sh("iptables-legacy -t nat -L -n");
    auto backend = pollingBackend();
    REQUIRE(std::holds_alternative<ChainMissing>(backend.snapshot(forward, false)));
    CHECK_FALSE(backend.changes().foreign());
    CHECK(backend.wakeAt() > std::chrono::steady_clock::now() + Declaration{}.sweep);
    CHECK_FALSE(heard(backend));

    sh("iptables-legacy -P FORWARD DROP");
    REQUIRE(heard(backend));
    CHECK(backend.changes().foreign());
    CHECK_FALSE(heard(backend));
    CHECK(backend.wakeAt() <= std::chrono::steady_clock::now() + std::chrono::seconds{1});
}

TEST_CASE("who lets go of the xtables lock is heard of before the next poll; who takes none is not")
{
    const Namespace inside;
    sh("iptables-legacy -A FORWARD -j DROP");
    auto backend = pollingBackend();
    (void)look(backend, forward);
    (void)backend.changes();
    sh("XTABLES_LOCKFILE=" + inside.lockFile().string() + ".other iptables-legacy -F");
    CHECK_FALSE(heard(backend));
    CHECK(backend.changes().foreign());
    sh("iptables-legacy -A FORWARD -j DROP");
    CHECK(heard(backend));
    CHECK(backend.changes().foreign());
    std::filesystem::remove(inside.lockFile().string() + ".other");
}

TEST_CASE(
    "a change that the stream has lost is found a second after who made it let go of the lock")
{
    const Namespace inside;
    sh("iptables-legacy -A FORWARD -j DROP");
    SpokenStream stream;
    xtables::Backend backend{{}, stream.take()};
    (void)look(backend, forward);
    sh("iptables-legacy -A FORWARD -j DROP");
    stream.announceReplaced();
    CHECK(backend.changes().foreign());
    REQUIRE(backend.watch().mode == xtables::WatchMode::audit);
    (void)look(backend, forward);
    const auto atLast = [&backend] {
        REQUIRE(backend.wakeAt());
        std::this_thread::sleep_until(*backend.wakeAt());
        return backend.changes();
    };
    CHECK_FALSE(atLast().foreign()); // what was announced is not told again
    CHECK_FALSE(backend.wakeAt());

    sh("iptables-legacy -F");
    REQUIRE(heard(backend));
    CHECK_FALSE(backend.changes().foreign()); // the announcement may be under way
    const Changes changes = atLast();
    REQUIRE(changes.transactions.size() == 1);
    CHECK(changes.transactions[0].committer == Committer{});
}

TEST_CASE("what a rule that is gone had counted is told once, as of the last poll or look")
{
    const Namespace inside;
    const ChainId output{Family::ip, "filter", "OUTPUT"};
    const std::string tag = " -m comment --comment fwd-guard:";
    const auto restored = [&](const std::string& counters) {
        sh("iptables-legacy-restore -c <<'E'\n*filter\n:OUTPUT ACCEPT [0:0]\n[" + counters +
           "] -A OUTPUT" + tag + "r -j ACCEPT\n-A FORWARD" + tag + "f -j ACCEPT\nCOMMIT\nE");
    };
    auto backend = pollingBackend();
    restored("1:2");
    CHECK(look(backend, output).gone.empty());
    restored("30:400");
    CHECK_FALSE(backend.changes().foreign()); // it counted on, no more
    sh("iptables-legacy -F OUTPUT");
    CHECK(backend.changes().foreign()); // this poll finds nothing of it
    CHECK(look(backend, output).gone == std::vector<GoneRule>{{"r", {30, 400}}});
    CHECK(look(backend, output).gone.empty());

    restored("5:6");
    CHECK(look(backend, output).tagged.at(0).counters == Counters{5, 6});
    sh("iptables-legacy -F OUTPUT");
    backend.retain({output});
    CHECK(look(backend, output).gone == std::vector<GoneRule>{{"r", {5, 6}}});
    restored("7:8");
    (void)look(backend, output);
    backend.retain({forward});
    sh("iptables-legacy -F OUTPUT");
    CHECK(look(backend, output).gone.empty());
}
