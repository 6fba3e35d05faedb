// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "nft/inbox.hpp"
#include "nft/mirror.hpp"
#include "nft/prepared_repairs.hpp"
#include "nft/socket.hpp"

#include <string>
#include <vector>

namespace fwdguard::nft {

/// Hears what is done to tables of interest, and announcements. Wakes nobody: the
/// kernel sends a transaction's events before its announcement, which Watch is woken by.
///
/// Not the Watch's socket: what a big transaction says would push announcements out of its buffer,
/// and with them who it was. Here, what is lost only has to be read.
class Events {
  public:
    /// Subscribes. Throws std::system_error when that is not possible.
    Events();

    /// False when the self-test failed; then events of all tables come.
    [[nodiscard]] bool filtered() const { return filtered_; }

    /// Gives everything that is waiting to `repairs`, and as much of it to the mirror as there is
    /// no room to keep for passOn(); never blocks.
    void hear(PreparedRepairs& repairs, Mirror& mirror);

    /// Gives the mirror what hear() has kept.
    void passOn(Mirror& mirror);

    /// From now on, a table of this name is of interest. To be called before it is read.
    void include(const std::string& table);

  private:
    Socket socket_;
    Inbox inbox_;
    bool filtered_;
    std::vector<std::string> tables_;
};

} // namespace fwdguard::nft
