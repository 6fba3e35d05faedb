// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit_barrier.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace fwdguard::legacy {

namespace {

constexpr int patienceMs = 10'000;

struct Record {
    nlmsghdr header;
    std::array<char, 64> text;
};

} // namespace

AuditBarrier::AuditBarrier()
    : socket_{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT)}
{
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1);
    if (!socket_ ||
        ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error(errno, std::generic_category(), "the audit stream");
}

// A record of our own goes through the same queue, behind all others.
void AuditBarrier::pass()
{
    const std::string mark =
        "fwd-guard-test " + std::to_string(::getpid()) + "." + std::to_string(++passed_) + ".";
    Record record{};
    mark.copy(record.text.data(), record.text.size() - 1);
    record.header.nlmsg_len = static_cast<unsigned>(NLMSG_LENGTH(mark.size() + 1));
    record.header.nlmsg_type = AUDIT_LAST_USER_MSG; // one that nobody uses
    record.header.nlmsg_flags = NLM_F_REQUEST;
    if (::send(socket_.get(), &record, record.header.nlmsg_len, 0) < 0)
        throw std::system_error(errno, std::generic_category(), "an audit record of our own");
    std::array<char, 16'384> heard{};
    for (pollfd ready{socket_.get(), POLLIN, 0}; ::poll(&ready, 1, patienceMs) > 0;) {
        const ssize_t size = ::recv(socket_.get(), heard.data(), heard.size(), 0);
        if (size > 0 && std::string_view(heard.data(), static_cast<std::size_t>(size)).find(mark) !=
                            std::string_view::npos)
            return;
    }
    throw std::runtime_error("the audit stream did not bring our own record");
}

} // namespace fwdguard::legacy
