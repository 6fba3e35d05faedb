// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/audit_socket.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <iterator>
#include <string_view>

#include <poll.h>

#include <arpa/inet.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace fwdguard::xtables {

namespace {

static_assert(auditSyscall == AUDIT_SYSCALL && auditConfigChange == AUDIT_CONFIG_CHANGE);
static_assert(auditNetfilterConfig == AUDIT_NETFILTER_CFG && auditProctitle == AUDIT_PROCTITLE);

constexpr std::size_t bufferSize = 16'384;
constexpr int answerTimeoutMs = 500;

std::error_code lastError()
{
    return {errno, std::system_category()};
}

UniqueFd openNetlink(std::uint32_t groups, std::error_code& error)
{
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT)};
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (socket && ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
        return socket;
    error = lastError();
    return UniqueFd{};
}

// A classic BPF load reads big-endian; nlmsg_type is in the host's order.
constexpr std::uint32_t loaded(std::uint16_t type)
{
    return std::endian::native == std::endian::little
               ? static_cast<std::uint32_t>((type & 0xffU) << 8 | type >> 8)
               : type;
}

// On a host with audit rules most records are of no interest; the kernel drops them for us.
void keepInterestingTypes(int socket)
{
    const auto jump = [](std::uint16_t type, std::uint8_t ifEqual) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, ifEqual, 0, loaded(type)};
    };
    std::array<sock_filter, 7> code{{
        {BPF_LD | BPF_H | BPF_ABS, 0, 0, offsetof(nlmsghdr, nlmsg_type)},
        jump(auditNetfilterConfig, 4),
        jump(auditSyscall, 3),
        jump(auditProctitle, 2),
        jump(auditConfigChange, 1),
        {BPF_RET | BPF_K, 0, 0, 0},
        {BPF_RET | BPF_K, 0, 0, 0xffffffff},
    }};
    const sock_fprog program{static_cast<std::uint16_t>(code.size()), code.data()};
    // Without the filter the same records arrive among others, so a refusal changes nothing but
    // cost.
    ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

struct Request {
    nlmsghdr header;
    audit_status status;
};

/// Sends a request on a socket of its own and returns the first answer that is a status or an
/// error.
std::error_code ask(std::uint16_t type, audit_status& status)
{
    std::error_code error;
    const UniqueFd socket = openNetlink(0, error);
    if (!socket)
        return error;
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.status = status;
    if (::send(socket.get(), &request, sizeof request, 0) < 0)
        return lastError();

    alignas(nlmsghdr) std::array<char, bufferSize> answer{};
    for (pollfd ready{socket.get(), POLLIN, 0}; ::poll(&ready, 1, answerTimeoutMs) > 0;) {
        const ssize_t size = ::recv(socket.get(), answer.data(), answer.size(), 0);
        if (size < static_cast<ssize_t>(sizeof(nlmsghdr)))
            return lastError();
        nlmsghdr header{};
        std::memcpy(&header, answer.data(), sizeof header);
        const auto length = static_cast<std::size_t>(size) - sizeof header;
        if (header.nlmsg_type == AUDIT_GET) {
            std::memcpy(&status, answer.data() + sizeof header, std::min(length, sizeof status));
            return {};
        }
        if (header.nlmsg_type != NLMSG_ERROR || length < sizeof(int))
            continue;
        int code = 0;
        std::memcpy(&code, answer.data() + sizeof header, sizeof code);
        // AUDIT_GET is acknowledged as well as answered, in either order.
        if (code != 0 || type != AUDIT_GET)
            return {-code, std::system_category()};
    }
    return std::make_error_code(std::errc::timed_out);
}

void addRecord(std::string_view datagram, AuditBatch& batch)
{
    if (auto record = parseAuditDatagram(datagram))
        batch.records.push_back(std::move(*record));
}

} // namespace

AuditStream openAuditStream()
{
    AuditStream stream;
    stream.socket = openNetlink(1U << (AUDIT_NLGRP_READLOG - 1), stream.error);
    if (stream.socket)
        keepInterestingTypes(stream.socket.get());
    std::error_code ignored; // not being allowed to ask is `enabled` being absent
    stream.enabled = auditEnabled(ignored);
    return stream;
}

std::optional<bool> auditEnabled(std::error_code& error)
{
    audit_status status{};
    error = ask(AUDIT_GET, status);
    if (error)
        return std::nullopt;
    return status.enabled != 0;
}

std::error_code setAuditEnabled(bool enabled)
{
    audit_status status{};
    status.mask = AUDIT_STATUS_ENABLED;
    status.enabled = enabled ? 1 : 0;
    return ask(AUDIT_SET, status);
}

AuditBatch receiveAudit(int socket)
{
    AuditBatch batch;
    std::array<char, bufferSize>
        buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
    for (;;) {
        sockaddr_nl sender{};
        socklen_t senderSize = sizeof sender;
        const ssize_t size = ::recvfrom(
            socket,
            buffer.data(),
            buffer.size(),
            0,
            reinterpret_cast<sockaddr*>(&sender),
            &senderSize);
        if (size >= 0) {
            ++batch.received;
            if (sender.nl_pid == 0)
                addRecord({buffer.data(), static_cast<std::size_t>(size)}, batch);
        } else if (errno == ENOBUFS) {
            ++batch.received;
            batch.overrun = true;
        } else if (errno == EAGAIN) {
            return batch;
        } else if (errno != EINTR) {
            throw std::system_error{lastError(), "receive from the audit stream"};
        }
    }
}

} // namespace fwdguard::xtables
