// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/sockets.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <poll.h>

#include <arpa/inet.h>
#include <libnftnl/rule.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

namespace fwdguard::bench {

namespace {

using namespace std::chrono_literals;

/// As much as the kernel puts into an announcement, and more than any answer to a batch.
constexpr std::size_t bufferSize = 32'768;
/// Of announcements, until somebody looks.
constexpr int unread = 64 * 1024 * 1024;
constexpr int largestBatch = 16 * 1024 * 1024;

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

/// Waits so long at most; the length of what was received into `buffer`, 0: nothing.
std::size_t
receive(mnl_socket* socket, std::chrono::milliseconds atMost, std::array<char, bufferSize>& buffer)
{
    pollfd ready{.fd = mnl_socket_get_fd(socket), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(atMost.count())) <= 0)
        return 0;
    const ssize_t length = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (length < 0)
        fail("hearing of a transaction");
    return static_cast<std::size_t>(length);
}

struct Tagged {
    std::uint64_t handle = 0;
    bool tagged = false;
};

Tagged parse(const nlmsghdr* header)
{
    const std::unique_ptr<nftnl_rule, decltype(&nftnl_rule_free)> rule{
        nftnl_rule_alloc(), &nftnl_rule_free};
    if (nftnl_rule_nlmsg_parse(header, rule.get()) < 0)
        fail("reading what was announced");
    std::uint32_t length = 0;
    const auto* data =
        static_cast<const char*>(nftnl_rule_get_data(rule.get(), NFTNL_RULE_USERDATA, &length));
    return {
        .handle = nftnl_rule_get_u64(rule.get(), NFTNL_RULE_HANDLE),
        .tagged = data != nullptr &&
                  std::string_view(data, length).find("fwd-guard:") != std::string_view::npos,
    };
}

} // namespace

Committer::Committer() : socket_(mnl_socket_open(NETLINK_NETFILTER))
{
    if (!socket_ || mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        fail("netlink socket");
    const int fd = mnl_socket_get_fd(socket_.get());
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &largestBatch, sizeof largestBatch) < 0)
        fail("send buffer");
}

std::uint32_t Committer::port() const
{
    return mnl_socket_get_portid(socket_.get());
}

void Committer::commit(const Batch& batch)
{
    if (mnl_socket_sendto(socket_.get(), batch.data(), batch.size()) < 0)
        fail("sending a batch");
    std::array<char, bufferSize> reply{};
    if (mnl_socket_recvfrom(socket_.get(), reply.data(), reply.size()) < 0)
        fail("reading an acknowledgement");
    const auto* header = reinterpret_cast<const nlmsghdr*>(reply.data());
    const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
    if (header->nlmsg_type != NLMSG_ERROR || error->error != 0)
        throw std::system_error(-error->error, std::generic_category(), "a batch was refused");
}

Listener::Listener() : socket_(mnl_socket_open(NETLINK_NETFILTER))
{
    // Half-word at offset 4 is nlmsg_type, in host byte order; the filter loads big-endian.
    const std::uint32_t newGeneration = htons((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN);
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, newGeneration, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog filter{.len = code.size(), .filter = code.data()};
    const int fd = socket_ ? mnl_socket_get_fd(socket_.get()) : -1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &unread, sizeof unread) < 0 ||
        mnl_socket_bind(socket_.get(), 1U << (NFNLGRP_NFTABLES - 1), MNL_SOCKET_AUTOPID) < 0)
        fail("subscribing to nf_tables");
}

std::optional<std::uint32_t> Listener::next(std::chrono::milliseconds atMost)
{
    std::array<char, bufferSize> message; // NOLINT(*-member-init): filled by the kernel
    if (receive(socket_.get(), atMost, message) == 0)
        return std::nullopt;
    return reinterpret_cast<const nlmsghdr*>(message.data())->nlmsg_pid;
}

TaggedRules::TaggedRules() : socket_(mnl_socket_open(NETLINK_NETFILTER))
{
    const int fd = socket_ ? mnl_socket_get_fd(socket_.get()) : -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &unread, sizeof unread) < 0 ||
        mnl_socket_bind(socket_.get(), 1U << (NFNLGRP_NFTABLES - 1), MNL_SOCKET_AUTOPID) < 0)
        fail("subscribing to nf_tables");
}

bool TaggedRules::take(std::chrono::milliseconds atMost)
{
    std::array<char, bufferSize> messages; // NOLINT(*-member-init): filled by the kernel
    int length = static_cast<int>(receive(socket_.get(), atMost, messages));
    const bool heard = length > 0;
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(messages.data());
         mnl_nlmsg_ok(header, length);
         header = mnl_nlmsg_next(header, &length)) {
        const int kind = header->nlmsg_type & 0xff;
        if (kind == NFT_MSG_NEWGEN) { // the last of a transaction
            standing_ = coming_;
            committer_ = header->nlmsg_pid;
        }
        if (kind != NFT_MSG_NEWRULE && kind != NFT_MSG_DELRULE)
            continue;
        const Tagged rule = parse(header);
        if (kind == NFT_MSG_DELRULE)
            coming_.erase(rule.handle);
        else if (rule.tagged)
            coming_.insert(rule.handle);
    }
    return heard;
}

const std::set<std::uint64_t>& TaggedRules::now()
{
    while (take(0ms)) {
        // all that is waiting
    }
    return standing_;
}

const std::set<std::uint64_t>& TaggedRules::await(std::size_t rules)
{
    const Clock::time_point giveUp = Clock::now() + patience;
    while (now().size() != rules) {
        if (Clock::now() > giveUp)
            throw std::runtime_error(
                std::to_string(standing_.size()) + " rules stand in the place of " +
                std::to_string(rules));
        static_cast<void>(take(100ms));
    }
    return standing_;
}

const std::set<std::uint64_t>& TaggedRules::after(std::uint32_t port)
{
    const Clock::time_point giveUp = Clock::now() + patience;
    while (static_cast<void>(now()), committer_ == port) {
        if (Clock::now() > giveUp)
            throw std::runtime_error("no transaction of somebody else is announced");
        static_cast<void>(take(100ms));
    }
    return standing_;
}

} // namespace fwdguard::bench
