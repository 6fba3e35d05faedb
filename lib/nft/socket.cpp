// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/socket.hpp"

#include "nft/uapi.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <unistd.h>

#include <linux/filter.h>
#include <sys/socket.h>

namespace fwdguard::nft {

namespace {

std::error_code lastError()
{
    return {errno, std::generic_category()};
}

[[noreturn]] void fail(const char* doing)
{
    throw std::system_error(lastError(), doing);
}

bool setNumber(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// Beyond the system's limit with CAP_NET_ADMIN, else as far as the limit goes.
void setBuffer(int fd, int forced, int limited, int bytes)
{
    if (!setNumber(fd, SOL_SOCKET, forced, bytes))
        setNumber(fd, SOL_SOCKET, limited, bytes);
}

ssize_t sendOnce(int fd, Bytes datagram)
{
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    ssize_t sent = 0;
    do {
        sent = sendto(
            fd,
            datagram.data(),
            datagram.size(),
            0,
            reinterpret_cast<const sockaddr*>(&kernel),
            sizeof kernel);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

Received failure(int error)
{
    if (error == EAGAIN)
        return {.kind = Received::Kind::nothing};
    if (error == ENOBUFS)
        return {.kind = Received::Kind::overrun};
    return {.kind = Received::Kind::failed, .error = {error, std::generic_category()}};
}

} // namespace

Socket::Socket() : fd_{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)}
{
    if (fd_ < 0)
        fail(errno == EPROTONOSUPPORT ? noNftables : "opening a netfilter netlink socket");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd_, generic, length) != 0 || getsockname(fd_, generic, &length) != 0) {
        const auto error = lastError();
        close(fd_);
        throw std::system_error(error, "binding a netfilter netlink socket");
    }
    port_ = address.nl_pid;
}

Socket::~Socket()
{
    close(fd_);
}

void Socket::join(int group) const
{
    if (!setNumber(fd_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group))
        fail("subscribing to nf_tables announcements");
}

bool Socket::attachFilter(std::span<const sock_filter> program) const
{
    // The kernel copies the program; the interface merely lacks the const.
    sock_fprog all{};
    all.len = static_cast<unsigned short>(program.size());
    all.filter = const_cast<sock_filter*>(program.data());
    return setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof all) == 0;
}

void Socket::detachFilter() const
{
    if (!setNumber(fd_, SOL_SOCKET, SO_DETACH_FILTER, 0) && errno != ENOENT)
        fail("removing the filter of the announcement socket");
}

void Socket::shortenAcknowledgements() const
{
    // Without it answers are longer, not wrong.
    setNumber(fd_, SOL_NETLINK, NETLINK_CAP_ACK, 1);
}

void Socket::setReceiveBuffer(int bytes) const
{
    setBuffer(fd_, SO_RCVBUFFORCE, SO_RCVBUF, bytes);
}

std::error_code Socket::send(Bytes datagram) const
{
    ssize_t sent = sendOnce(fd_, datagram);
    if (sent < 0 && errno == EMSGSIZE) {
        // netlink_sendmsg() wants the datagram and a little more to fit; the kernel doubles our
        // number.
        setBuffer(fd_, SO_SNDBUFFORCE, SO_SNDBUF, static_cast<int>(datagram.size()));
        sent = sendOnce(fd_, datagram);
    }
    return sent < 0 ? lastError() : std::error_code{};
}

std::size_t
Socket::receive(std::span<std::uint8_t> buffer, std::size_t size, std::span<Received> results) const
{
    constexpr std::size_t most = 4;
    const std::size_t count = std::min(most, results.size());
    std::array<sockaddr_nl, most> senders{};
    std::array<iovec, most> parts{};
    std::array<mmsghdr, most> headers{};
    for (std::size_t i = 0; i < count; ++i) {
        parts[i] = {buffer.subspan(i * size, size).data(), size};
        headers[i].msg_hdr.msg_name = &senders[i];
        headers[i].msg_hdr.msg_namelen = sizeof senders[i];
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }

    int received = 0;
    do {
        received =
            recvmmsg(fd_, headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        results[0] = failure(errno);
        return 0;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i)
        results[i] = {
            .kind = Received::Kind::datagram,
            .bytes = buffer.subspan(i * size, std::min<std::size_t>(headers[i].msg_len, size)),
            .sender = senders[i].nl_pid,
            .truncated = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0};
    return static_cast<std::size_t>(received);
}

} // namespace fwdguard::nft
