// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/link_watch.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

namespace fwdguard::sys {

namespace {

struct FreeNames {
    void operator()(struct if_nameindex* names) const noexcept { ::if_freenameindex(names); }
};

} // namespace

LinkWatch::LinkWatch(EventLoop& loop, std::function<void()> onChange)
    : onChange_(std::move(onChange)),
      socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE))
{
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    if (!socket_ ||
        ::bind(socket_.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error(errno, std::system_category(), "cannot watch network interfaces");
    readable_ = loop.addIo(socket_.value(), [this](std::uint32_t) { read(); });
}

/// What it says does not matter: also an overrun (ENOBUFS) means that something changed.
void LinkWatch::read()
{
    std::array<char, 8192> buffer{};
    while (::recv(socket_.value(), buffer.data(), buffer.size(), 0) > 0 || errno == EINTR ||
           errno == ENOBUFS) {
    }
    if (errno != EAGAIN)
        throw std::system_error(errno, std::system_category(), "cannot read interface changes");
    onChange_();
}

bool interfaceExists(const std::string& name)
{
    return ::if_nametoindex(name.c_str()) != 0;
}

std::vector<std::string> interfacesWithPrefix(const std::string& prefix)
{
    const std::unique_ptr<struct if_nameindex[], FreeNames> list{::if_nameindex()};
    if (!list)
        throw std::system_error(errno, std::system_category(), "cannot list network interfaces");
    std::vector<std::string> names;
    for (const auto* entry = list.get(); entry->if_index != 0; ++entry)
        if (std::string_view(entry->if_name).starts_with(prefix))
            names.emplace_back(entry->if_name);
    return names;
}

} // namespace fwdguard::sys
