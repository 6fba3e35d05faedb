// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/events.hpp"

#include "nft/filter.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <cstddef>

namespace fwdguard::nft {

namespace {

/// Larger than the kernel makes a datagram of events (NLMSG_GOODSIZE).
constexpr std::size_t bufferSize = 32'768;

/// A flush of some two hundred rules. To read what is left takes less than to follow more than
/// that.
constexpr int receiveBuffer = 64 * 1024;

template <class Listener>
void give(Listener& listener, const Received& received)
{
    if (received.kind == Received::Kind::nothing)
        return;
    // What is no whole datagram of the kernel's may have been one.
    if (received.kind != Received::Kind::datagram || received.truncated || received.sender != 0 ||
        received.bytes.empty())
        return listener.lost();
    MessageReader messages{received.bytes};
    while (const auto message = messages.next())
        listener.take(*message);
    if (!messages.intact())
        listener.lost();
}

} // namespace

Events::Events()
    : inbox_{bufferSize}, filtered_{attachAndTest(socket_, inbox_, announcementFilter())}
{
    socket_.setReceiveBuffer(receiveBuffer);
    socket_.join(NFNLGRP_NFTABLES);
}

void Events::include(const std::string& table)
{
    if (std::ranges::find(tables_, table) != tables_.end())
        return;
    tables_.push_back(table);
    if (!filtered_)
        return;
    socket_.detachFilter(); // there may not be room for two
    // Without one, as with so many tables that there is no room, events of all of them are taken.
    static_cast<void>(socket_.attachFilter(tableFilter(tables_)));
}

void Events::hear(PreparedRepairs& repairs, Mirror& mirror)
{
    passOn(mirror);
    for (;;) {
        for (const Received& received : inbox_.peek(socket_))
            give(repairs, received);
        if (inbox_.exhausted())
            return;
        passOn(mirror);
    }
}

void Events::passOn(Mirror& mirror)
{
    while (!inbox_.handedOut())
        give(mirror, inbox_.next(socket_));
}

} // namespace fwdguard::nft
