// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/flow.hpp"
#include "nft/batch_buffer.hpp"
#include "nft/inbox.hpp"
#include "nft/socket.hpp"

#include <cstdint>
#include <set>
#include <span>
#include <system_error>

namespace fwdguard::nft {

/// The tables "ip fwd-guard" and "ip6 fwd-guard", which belong to this object's socket
/// (NFT_TABLE_F_OWNER): the kernel refuses everybody else's changes, `nft flush ruleset` passes
/// them over, and they go with the socket. Their one chain sees forwarded packets just before the
/// chains of priority filter.
class OwnTable {
  public:
    /// Makes no table yet. Throws std::system_error when there is no socket to be had.
    OwnTable();

    /// Makes the tables hold exactly these rules, in one transaction; a family without rules has no
    /// table. The error when the kernel refuses: then everything is as it was. EPERM, EOPNOTSUPP or
    /// EEXIST: somebody else has a table of this name.
    [[nodiscard]] std::error_code hold(std::span<const MarkRule> rules);

  private:
    void addTable(Family family, std::uint16_t flags);
    void deleteTable(Family family, std::uint16_t flags);
    void addChain(Family family);
    void addRule(const MarkRule& rule, std::uint16_t flags);

    Socket socket_;
    BatchBuffer buffer_;
    Inbox inbox_;
    std::set<Family> held_;
    std::uint32_t sequence_ = 1;
};

} // namespace fwdguard::nft
