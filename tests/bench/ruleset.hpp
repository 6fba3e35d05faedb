// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <libmnl/libmnl.h>

namespace fwdguard::bench {

using Clock = std::chrono::steady_clock;

/// A batch for nf_tables, ready to be sent as often as wanted.
using Batch = std::vector<char>;

/// `flush chain ip filter FORWARD`.
[[nodiscard]] Batch flushBatch();

/// The two rules of the shipped configuration to the head of `ip filter FORWARD`, blindly.
[[nodiscard]] Batch insertBatch();

/// A netlink socket for commits that stays open, and knows its port.
class Committer {
  public:
    Committer();

    /// Sends and reads the acknowledgement; throws std::system_error when the kernel refuses.
    void commit(const Batch& batch);

    [[nodiscard]] std::uint32_t port() const;

  private:
    struct Close {
        void operator()(mnl_socket* socket) const noexcept { mnl_socket_close(socket); }
    };
    std::unique_ptr<mnl_socket, Close> socket_;
};

/// Hears of each transaction of the current network namespace, nothing else.
class Listener {
  public:
    Listener();

    /// The port that committed the next transaction; nullopt when nobody did for so long.
    [[nodiscard]] std::optional<std::uint32_t> next(std::chrono::milliseconds atMost);

  private:
    struct Close {
        void operator()(mnl_socket* socket) const noexcept { mnl_socket_close(socket); }
    };
    std::unique_ptr<mnl_socket, Close> socket_;
};

} // namespace fwdguard::bench
