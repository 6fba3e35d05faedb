// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/watch.hpp"

#include "nft/messages.hpp"
#include "nft/requests.hpp"
#include "nft/uapi.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace fwdguard::nft {

namespace {

/// Larger than the kernel makes announcements, filtered or not (NLMSG_GOODSIZE).
constexpr std::size_t bufferSize = 32'768;

} // namespace

std::span<const sock_filter> announcementFilter()
{
    // BPF reads half-words in network order, netlink writes the type in host order.
    static const std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
        BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, htons((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    return program;
}

Watch::Watch(const WatchOptions& options)
    : inbox_{bufferSize}, filtered_{attachAndTest(options.filter)}
{
    if (!filtered_)
        socket_.detachFilter();
    socket_.setReceiveBuffer(options.receiveBuffer);
    socket_.join(NFNLGRP_NFTABLES);
}

bool Watch::attachAndTest(std::span<const sock_filter> filter)
{
    if (!socket_.attachFilter(filter))
        return false;
    // The answer to GETGEN is a NEWGEN as well, and goes through the same filter as an
    // announcement.
    if (const auto error = socket_.send(generationRequest(1).bytes()))
        throw std::system_error(error, "testing the announcement filter");
    const auto received = inbox_.next(socket_);
    if (received.kind != Received::Kind::datagram)
        return false;
    MessageReader messages{received.bytes};
    const auto message = messages.next();
    return message && parseAnnouncement(*message);
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
            break;
        case Received::Kind::failed:
            throw std::system_error(received.error, "receiving nf_tables announcements");
        case Received::Kind::datagram:
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
