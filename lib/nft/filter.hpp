// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "nft/inbox.hpp"
#include "nft/socket.hpp"

#include <span>
#include <string>
#include <vector>

#include <linux/filter.h>

namespace fwdguard::nft {

/// Classic BPF that passes only datagrams whose first message is NFT_MSG_NEWGEN. The kernel sends
/// exactly one at the end of each transaction, in a datagram of its own.
[[nodiscard]] std::span<const sock_filter> announcementFilter();

/// Passes those as well, and each datagram with a message about a table whose name begins as one of
/// these does, of which there is at least one. Goes by the first four bytes of a name, and by so
/// many messages of a datagram as a program may look at: what it lets through may be of no
/// interest, what it drops never is.
[[nodiscard]] std::vector<sock_filter> tableFilter(std::span<const std::string> tables);

/// Attaches a filter to a socket that has not joined a group yet and sees whether announcements
/// pass it; if not, the socket is left without one. Throws std::system_error when the kernel cannot
/// be asked.
[[nodiscard]] bool attachAndTest(Socket& socket, Inbox& inbox, std::span<const sock_filter> filter);

} // namespace fwdguard::nft
