// SPDX-License-Identifier: GPL-2.0-or-later
// The system calls on sockets. Each asks for its order, and is the one behind it otherwise.
#include "receive.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/uio.h>

using namespace fwdguard::faults;

namespace {

/// Nothing is sent: the kernel has refused it.
bool refused(Injected order, int fd, const void* data, std::size_t size)
{
    if (order.effect == Effect::answer)
        refuse(fd, {static_cast<const unsigned char*>(data), size}, order.number);
    return order.effect == Effect::answer;
}

ssize_t received(Injected order, ssize_t size, sockaddr* sender)
{
    if (size < 0)
        return size;
    Arrived message{.size = static_cast<std::size_t>(size), .sender = sender};
    damage(message, order.effect);
    return static_cast<ssize_t>(message.size);
}

} // namespace

extern "C" {

int socket(int domain, int type, int protocol) noexcept
{
    static auto* const next = behind<decltype(socket)>("socket");
    const std::string what = whatSocket(domain, type, protocol);
    const int fd = attempt(injected("socket", what), [&] { return next(domain, type, protocol); });
    opened(fd, domain, protocol);
    return fd;
}

int bind(int fd, const sockaddr* address, socklen_t size) noexcept
{
    static auto* const next = behind<decltype(bind)>("bind");
    return attempt(injected("bind", whatKind(fd)), [&] { return next(fd, address, size); });
}

int connect(int fd, const sockaddr* address, socklen_t size)
{
    static auto* const next = behind<decltype(connect)>("connect");
    return attempt(injected("connect", whatKind(fd)), [&] { return next(fd, address, size); });
}

int getsockname(int fd, sockaddr* address, socklen_t* size) noexcept
{
    static auto* const next = behind<decltype(getsockname)>("getsockname");
    return attempt(injected("getsockname", whatKind(fd)), [&] { return next(fd, address, size); });
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept
{
    static auto* const next = behind<decltype(setsockopt)>("setsockopt");
    return attempt(
        injected("setsockopt", whatKind(fd)), [&] { return next(fd, level, name, value, size); });
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept
{
    static auto* const next = behind<decltype(getsockopt)>("getsockopt");
    return attempt(
        injected("getsockopt", whatKind(fd)), [&] { return next(fd, level, name, value, size); });
}

ssize_t send(int fd, const void* data, size_t size, int flags)
{
    static auto* const next = behind<decltype(send)>("send");
    return attempt(injected("send", whatKind(fd)), [&] { return next(fd, data, size, flags); });
}

ssize_t
sendto(int fd, const void* data, size_t size, int flags, const sockaddr* address, socklen_t length)
{
    static auto* const next = behind<decltype(sendto)>("sendto");
    const Injected order = injected("sendto", whatKind(fd));
    if (refused(order, fd, data, size))
        return static_cast<ssize_t>(size);
    return attempt(order, [&] { return next(fd, data, size, flags, address, length); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags)
{
    static auto* const next = behind<decltype(sendmsg)>("sendmsg");
    const Injected order = injected("sendmsg", whatKind(fd));
    if (order.effect != Effect::cut || message->msg_iovlen == 0)
        return attempt(order, [&] { return next(fd, message, flags); });
    // As when the buffer of a stream has no more room.
    iovec first = message->msg_iov[0];
    first.iov_len = std::min<std::size_t>(first.iov_len, 5);
    msghdr part = *message;
    part.msg_iov = &first;
    part.msg_iovlen = 1;
    return next(fd, &part, flags);
}

ssize_t recv(int fd, void* data, size_t size, int flags)
{
    static auto* const next = behind<decltype(recv)>("recv");
    const Injected order = injected("recv", whatKind(fd));
    return received(order, attempt(order, [&] { return next(fd, data, size, flags); }), nullptr);
}

ssize_t recvfrom(int fd, void* data, size_t size, int flags, sockaddr* sender, socklen_t* length)
{
    static auto* const next = behind<decltype(recvfrom)>("recvfrom");
    const Injected order = injected("recvfrom", whatKind(fd));
    return received(
        order, attempt(order, [&] { return next(fd, data, size, flags, sender, length); }), sender);
}

ssize_t recvmsg(int fd, msghdr* message, int flags)
{
    static auto* const next = behind<decltype(recvmsg)>("recvmsg");
    const Injected order = injected("recvmsg", whatKind(fd));
    if (order.effect != Effect::cut || message->msg_iovlen == 0)
        return attempt(order, [&] { return next(fd, message, flags); });
    // As when the rest of a stream has not come yet.
    iovec first = message->msg_iov[0];
    first.iov_len = std::min<std::size_t>(first.iov_len, 5);
    iovec* const whole = message->msg_iov;
    message->msg_iov = &first;
    const ssize_t size = next(fd, message, flags);
    message->msg_iov = whole;
    return size;
}

int recvmmsg(int fd, mmsghdr* messages, unsigned int count, int flags, timespec* timeout)
{
    static auto* const next = behind<decltype(recvmmsg)>("recvmmsg");
    const iovec& part = *messages[0].msg_hdr.msg_iov;
    if (const std::size_t size =
            takeRefusals(fd, {static_cast<unsigned char*>(part.iov_base), part.iov_len})) {
        messages[0].msg_len = static_cast<unsigned int>(size);
        return 1;
    }
    const Injected order = injected("recvmmsg", whatKind(fd));
    const int received = attempt(order, [&] { return next(fd, messages, count, flags, timeout); });
    for (int i = 0; i < received; ++i) {
        msghdr& header = messages[i].msg_hdr;
        Arrived message{
            .size = messages[i].msg_len,
            .flags = header.msg_flags,
            .sender = static_cast<sockaddr*>(header.msg_name)};
        damage(message, order.effect);
        messages[i].msg_len = static_cast<unsigned int>(message.size);
        header.msg_flags = message.flags;
    }
    return received;
}

} // extern "C"
