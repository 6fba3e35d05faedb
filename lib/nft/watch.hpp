// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "nft/filter.hpp"
#include "nft/inbox.hpp"
#include "nft/socket.hpp"

#include <cstdint>
#include <span>

namespace fwdguard::nft {

struct WatchOptions {
    int receiveBuffer = 4 * 1024 * 1024; ///< bytes
    std::span<const sock_filter> filter = announcementFilter();
};

/// Hears of every committed nf_tables transaction of one network namespace.
class Watch {
  public:
    /// Subscribes. Throws std::system_error when that is not possible.
    explicit Watch(const WatchOptions& options);

    /// Readable when take() has something to say.
    [[nodiscard]] int fd() const { return socket_.fd(); }

    /// False when the start-up test found that the filter does not pass what it should; then the
    /// socket goes on without one.
    [[nodiscard]] bool filtered() const { return filtered_; }

    /// Takes everything that is waiting. Announcements of `ownPort` count for Changes::latest only.
    [[nodiscard]] Changes take(std::uint32_t ownPort);

    /// How much there has been to take so far, announcement or not.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }

  private:
    Socket socket_;
    Inbox inbox_;
    bool filtered_;
    std::uint64_t taken_ = 0;
};

/// Adds what one datagram from the kernel says to `changes`; everything but announcements is
/// skipped.
void addDatagram(Changes& changes, Bytes datagram, std::uint32_t ownPort);

} // namespace fwdguard::nft
