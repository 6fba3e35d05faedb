// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bench/ruleset.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>

#include <libmnl/libmnl.h>

namespace fwdguard::bench {

using Clock = std::chrono::steady_clock;

/// For what is sure to come, on a busy machine as well.
constexpr std::chrono::seconds patience{300};

struct CloseSocket {
    void operator()(mnl_socket* socket) const noexcept { mnl_socket_close(socket); }
};
using SocketPointer = std::unique_ptr<mnl_socket, CloseSocket>;

/// A netlink socket for commits that stays open, and knows its port.
class Committer {
  public:
    Committer();

    /// Sends and reads the acknowledgement; throws std::system_error when the kernel refuses.
    void commit(const Batch& batch);

    [[nodiscard]] std::uint32_t port() const;

  private:
    SocketPointer socket_;
};

/// Hears of each transaction of the current network namespace, nothing else.
class Listener {
  public:
    Listener();

    /// The port that committed the next transaction; nullopt when nobody did for so long.
    [[nodiscard]] std::optional<std::uint32_t> next(std::chrono::milliseconds atMost);

  private:
    SocketPointer socket_;
};

/// Hears of the rules that are tagged, and of all that are deleted: whoever wants to delete ours
/// needs their handles. Knows only of what happened since it was made.
class TaggedRules {
  public:
    TaggedRules();

    /// Handles of those that stand, as soon as there are so many; throws after `patience`.
    [[nodiscard]] const std::set<std::uint64_t>& await(std::size_t rules);

    /// Takes what is waiting and waits for nothing.
    [[nodiscard]] const std::set<std::uint64_t>& now();

    /// Those that stand as soon as the last that was heard of is not the commit of `port`; throws
    /// after `patience`. An announcement reaches one socket after the other: who has heard of it by
    /// another one may be too early for now().
    [[nodiscard]] const std::set<std::uint64_t>& after(std::uint32_t port);

  private:
    bool take(std::chrono::milliseconds atMost);

    SocketPointer socket_;
    std::set<std::uint64_t> coming_{};   ///< by what was heard of the last transaction
    std::set<std::uint64_t> standing_{}; ///< by those that were heard to their ends
    std::uint32_t committer_ = 0;        ///< the port of the last of these
};

} // namespace fwdguard::bench
