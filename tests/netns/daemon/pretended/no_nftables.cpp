// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded, it makes the kernel look as if built without CONFIG_NETFILTER_NETLINK, or, if
// PRETENDED_WITHOUT says "nf_tables", without CONFIG_NF_TABLES alone: each request goes to a
// subsystem that nobody has registered, which the kernel refuses as it would refuse the real one.
#include "real.hpp"

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace {

bool onlyNftables()
{
    return std::getenv("PRETENDED_WITHOUT") == std::string_view("nf_tables");
}

bool isNftablesRequest(const void* data, std::size_t size)
{
    const auto* const header = static_cast<const nlmsghdr*>(data);
    return size >= sizeof *header && NFNL_SUBSYS_ID(header->nlmsg_type) == NFNL_SUBSYS_NFTABLES;
}

} // namespace

extern "C" int socket(int domain, int type, int protocol) noexcept
{
    if (domain == AF_NETLINK && protocol == NETLINK_NETFILTER && !onlyNftables()) {
        errno = EPROTONOSUPPORT;
        return -1;
    }
    return real<int (*)(int, int, int)>("socket")(domain, type, protocol);
}

extern "C" ssize_t sendto(
    int socket, const void* data, std::size_t size, int flags, const sockaddr* to, socklen_t length)
{
    const auto* bytes = static_cast<const unsigned char*>(data);
    std::vector<unsigned char> request(bytes, bytes + size);
    if (to != nullptr && to->sa_family == AF_NETLINK && isNftablesRequest(data, size)) {
        auto* const header = reinterpret_cast<nlmsghdr*>(request.data());
        header->nlmsg_type = NFNL_MSG_TYPE(header->nlmsg_type) | NFNL_SUBSYS_COUNT << 8;
    }
    using Send = ssize_t (*)(int, const void*, std::size_t, int, const sockaddr*, socklen_t);
    return real<Send>("sendto")(socket, request.data(), size, flags, to, length);
}
