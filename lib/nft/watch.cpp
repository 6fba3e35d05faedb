// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/watch.hpp"

#include "nft/messages.hpp"
#include "nft/uapi.hpp"

#include <cstddef>
#include <utility>

namespace fwdguard::nft {

namespace {

/// Larger than the kernel makes announcements, filtered or not (NLMSG_GOODSIZE).
constexpr std::size_t bufferSize = 32'768;

} // namespace

Watch::Watch(const WatchOptions& options)
    : inbox_{bufferSize}, filtered_{attachAndTest(socket_, inbox_, options.filter)}
{
    socket_.setReceiveBuffer(options.receiveBuffer);
    socket_.join(NFNLGRP_NFTABLES);
}

void addDatagram(Changes& changes, Bytes datagram, std::uint32_t ownPort)
{
    MessageReader messages{datagram};
    while (const auto message = messages.next()) {
        auto announcement = parseAnnouncement(*message);
        if (!announcement)
            continue;
        changes.latest = announcement->generation;
        if (announcement->port != ownPort)
            changes.transactions.push_back(
                {.generation = announcement->generation,
                 .committer = std::move(announcement->committer)});
    }
}

Changes Watch::take(std::uint32_t ownPort)
{
    Changes changes;
    do {
        const auto received = inbox_.next(socket_);
        switch (received.kind) {
        case Received::Kind::nothing:
            return changes;
        case Received::Kind::overrun:
            // What was queued before the loss is still there and must go, or nothing new is queued.
            changes.overrun = true;
            ++taken_;
            break;
        case Received::Kind::failed:
            throw std::system_error(received.error, "receiving nf_tables announcements");
        case Received::Kind::datagram:
            ++taken_;
            if (received.sender != 0)
                break; // another process may write to our port
            changes.overrun |= received.truncated;
            addDatagram(changes, received.bytes, ownPort);
            break;
        }
    } while (!inbox_.emptied());
    return changes;
}

} // namespace fwdguard::nft
