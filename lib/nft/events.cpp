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

void Events::hearFor(Mirror& mirror)
{
    do {
        const auto received = inbox_.next(socket_);
        if (received.kind == Received::Kind::nothing)
            return;
        if (received.kind == Received::Kind::failed) {
            mirror.lost();
            return;
        }
        // What is no whole datagram of the kernel's may have been one.
        if (received.kind == Received::Kind::overrun || received.truncated ||
            received.sender != 0 || received.bytes.empty()) {
            mirror.lost();
            continue;
        }
        MessageReader messages{received.bytes};
        while (const auto message = messages.next())
            mirror.take(*message);
        if (!messages.intact())
            mirror.lost();
    } while (!inbox_.emptied());
}

} // namespace fwdguard::nft
