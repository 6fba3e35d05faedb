// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/rules.hpp"
#include "nft/uapi.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <array>
#include <thread>

#include <poll.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/syscall.h>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const ChainId forward = chainId(Family::ip, "filter", "FORWARD");

bool readable(const nft::Backend& backend)
{
    pollfd watched{.fd = backend.watchFd(), .events = POLLIN, .revents = 0};
    return poll(&watched, 1, 0) == 1;
}

void loadAndDelete(std::size_t rules)
{
    must(
        "{ echo 'add table ip bulk'; echo 'add chain ip bulk c'; "
        "yes 'add rule ip bulk c counter accept' | head -n " +
        std::to_string(rules) + "; } | nft -f - && nft delete table ip bulk");
}

/// A NEWGEN made up by another process, sent to our port.
void forgeAnnouncement(std::uint32_t port)
{
    struct {
        nlmsghdr header;
        nfgenmsg generic;
        nlattr attribute;
        std::uint32_t generation;
    } message{};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN;
    message.attribute.nla_len = 8;
    message.attribute.nla_type = NFTA_GEN_ID;
    message.generation = 0x01010101;

    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    sockaddr_nl to{};
    to.nl_family = AF_NETLINK;
    to.nl_pid = port;
    const auto sent =
        sendto(fd, &message, sizeof message, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    close(fd);
    REQUIRE(sent == sizeof message);
}

std::uint32_t portOf(int fd)
{
    sockaddr_nl address{};
    socklen_t length = sizeof address;
    REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    return address.nl_pid;
}

} // namespace

TEST_CASE("each foreign transaction is announced once, with who committed it")
{
    const FreshNetns netns;
    nft::Backend backend;
    REQUIRE(backend.filtered());
    CHECK_FALSE(readable(backend));
    CHECK_FALSE(backend.changes().foreign());
    CHECK(backend.changes().latest.value == 0);

    must("iptables -A FORWARD -j ACCEPT && nft add table ip t");
    CHECK(readable(backend));
    const auto changes = backend.changes();
    REQUIRE(changes.transactions.size() == 2);
    CHECK(changes.transactions[0].committer.comm == "iptables");
    CHECK(changes.transactions[1].committer.comm == "nft");
    CHECK(changes.transactions[0].committer.pid != 0);
    CHECK_FALSE(changes.overrun);
    CHECK(changes.latest == read(backend, forward).generation);
    CHECK_FALSE(readable(backend));
}

TEST_CASE("a failed transaction is not announced")
{
    const FreshNetns netns;
    nft::Backend backend;
    CHECK(run("nft delete table ip none").status != 0);
    CHECK_FALSE(readable(backend));
}

TEST_CASE("our own commits are left out but count as the latest generation")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    static_cast<void>(backend.changes());
    commit(backend, {insert(forward, "x", {})});
    const auto changes = backend.changes();
    CHECK_FALSE(changes.foreign());
    CHECK(changes.latest == read(backend, forward).generation);
}

TEST_CASE("the commits of another fwd-guard are foreign")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    nft::Backend other;
    static_cast<void>(backend.changes());
    commit(other, {insert(forward, "x", {})});
    CHECK(backend.changes().transactions.size() == 1);
}

TEST_CASE("a load and a deletion of 100,000 rules are two announcements")
{
    const FreshNetns netns;
    nft::Backend backend;
    loadAndDelete(100'000);
    const auto changes = backend.changes();
    CHECK(changes.transactions.size() == 2);
    CHECK_FALSE(changes.overrun);
}

TEST_CASE("a filter that does not work is found out, and the watch goes on without one")
{
    const FreshNetns netns;
    const std::array<sock_filter, 1> nothingPasses{{BPF_STMT(BPF_RET | BPF_K, 0)}};
    const std::array<sock_filter, 1> notAProgram{{BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0)}};
    for (const auto& filter : {nothingPasses, notAProgram}) {
        nft::Backend backend{{.filter = filter}};
        CHECK_FALSE(backend.filtered());
        must("iptables -A FORWARD -j ACCEPT");
        const auto changes = backend.changes();
        CHECK(changes.transactions.size() == 1);
        CHECK(changes.latest == read(backend, forward).generation);
    }
}

TEST_CASE("announcements that did not fit are an overrun, and the watch works again after it")
{
    const FreshNetns netns;
    nft::Backend backend{{.receiveBuffer = 2048}};
    must("for i in $(seq 40); do nft add table ip t$i; done");
    const auto changes = backend.changes();
    CHECK(changes.overrun);
    CHECK(changes.foreign());
    CHECK_FALSE(readable(backend));
    CHECK_FALSE(backend.changes().overrun);
    // The generation is known again although its announcement was lost.
    must("iptables -A FORWARD -j ACCEPT");
    const auto after = backend.changes();
    CHECK(after.transactions.size() == 1);
    CHECK(after.latest == read(backend, forward).generation);
}

TEST_CASE("an overrun longer than half a generation counter does not confuse the generation")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend{{.receiveBuffer = 2048}};
    nft::Backend other;
    for (int i = 0; i < 70'000; ++i)
        commit(other, {SetPolicy{forward, {"p", Family::ip}, Policy::accept}});
    CHECK(backend.changes().overrun);
    nft::Backend fresh; // asks the kernel for all 32 bits
    CHECK(read(backend, forward).generation == read(fresh, forward).generation);
    CHECK(read(fresh, forward).generation.value > 70'000);
}

TEST_CASE("an unfiltered watch survives a load that does not fit its buffer")
{
    const FreshNetns netns;
    const std::array<sock_filter, 1> nothingPasses{{BPF_STMT(BPF_RET | BPF_K, 0)}};
    nft::Backend backend{{.receiveBuffer = 65536, .filter = nothingPasses}};
    loadAndDelete(20'000);
    CHECK(backend.changes().overrun);
    must("nft add table ip t");
    CHECK(backend.changes().transactions.size() == 1);
}

TEST_CASE("an announcement that does not come from the kernel is ignored")
{
    const FreshNetns netns;
    nft::Backend backend;
    forgeAnnouncement(portOf(backend.watchFd()));
    CHECK(readable(backend));
    const auto changes = backend.changes();
    CHECK_FALSE(changes.foreign());
    CHECK(changes.latest.value == 0);
}

TEST_CASE("what changes in another network namespace is not announced")
{
    const FreshNetns netns;
    nft::Backend backend;
    must("unshare -n iptables -A FORWARD -j ACCEPT");
    CHECK_FALSE(readable(backend));
}

TEST_CASE("without CAP_NET_ADMIN the backend says so")
{
    const FreshNetns netns;
    std::error_code error;
    std::string what;
    // Only this thread gives its rights away.
    std::thread unprivileged{[&] {
        // The system call itself: libc's function would take every thread along.
        if (syscall(SYS_setresuid, 65534, 65534, 65534) != 0)
            return;
        try {
            const nft::Backend backend;
        } catch (const std::system_error& caught) {
            error = caught.code();
            what = caught.what();
        }
    }};
    unprivileged.join();
    CHECK(error == std::errc::operation_not_permitted);
    CHECK(what.find("nf_tables") != std::string::npos);
}
