// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "nft/socket.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fwdguard::nft {

/// Hands out a socket's datagrams one by one, and takes several from the kernel in one call.
class Inbox {
  public:
    /// Datagrams longer than `bytes` are truncated.
    explicit Inbox(std::size_t bytes);

    /// The next datagram. Its bytes stay valid until the kernel is asked again, by a later call.
    [[nodiscard]] Received next(Socket& socket);

    /// What next() will hand out before it asks the kernel again; asks it if there is nothing.
    [[nodiscard]] std::span<const Received> peek(Socket& socket);

    /// True when there is nothing left to hand out before the kernel is asked again.
    [[nodiscard]] bool handedOut() const { return taken_ == count_; }

    /// True when the kernel, asked last, had no more to give.
    [[nodiscard]] bool exhausted() const { return exhausted_; }

    /// True when all that the last call to the kernel brought is handed out, and it brought all
    /// that was waiting.
    [[nodiscard]] bool emptied() const { return handedOut() && exhausted_; }

  private:
    static constexpr std::size_t slots = 4;

    std::size_t size_;
    std::vector<std::uint8_t> buffer_;
    std::array<Received, slots> received_;
    std::size_t count_ = 0;
    std::size_t taken_ = 0;
    bool exhausted_ = false;
};

} // namespace fwdguard::nft
