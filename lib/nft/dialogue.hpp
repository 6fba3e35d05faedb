// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "nft/messages.hpp"
#include "nft/requests.hpp"
#include "nft/socket.hpp"

#include <cstdint>
#include <functional>
#include <system_error>
#include <vector>

namespace fwdguard::nft {

/// Asks the kernel, and takes its answers one datagram at a time, so that whoever has something
/// urgent to do never waits for more than one. Has a socket of its own, kept for life.
class Dialogue {
  public:
    /// Opens the socket in the current network namespace; throws std::system_error.
    Dialogue();

    /// For the next request.
    [[nodiscard]] std::uint32_t nextSequence() { return ++sequence_; }

    /// Answers to earlier requests are passed over from now on.
    [[nodiscard]] std::error_code ask(const Request& request);

    /// Takes one datagram, and gives its messages to `takeAndGoOn` until that is false.
    [[nodiscard]] std::error_code step(const std::function<bool(const Message&)>& takeAndGoOn);

    /// Takes what is left of an answer: the socket takes no other dump before.
    void finish();

  private:
    Socket socket_;
    std::vector<std::uint8_t> buffer_;
    std::uint32_t sequence_ = 0;
};

} // namespace fwdguard::nft
