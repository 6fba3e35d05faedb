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
    enum class Progress : std::uint8_t {
        going,
        done,
        interrupted, ///< something was committed meanwhile
        failed,      ///< error() says why
    };

    /// Opens the socket in the current network namespace; throws std::system_error.
    Dialogue();

    /// Forgets what failed, and takes what is left of it: the socket takes no other dump before.
    void begin();

    /// For the next request.
    [[nodiscard]] std::uint32_t nextSequence() { return ++sequence_; }

    /// Answers to earlier requests are passed over from now on.
    [[nodiscard]] Progress ask(const Request& request);

    /// Takes one datagram, and gives its messages to `take` for as long as that is going on.
    [[nodiscard]] Progress step(const std::function<Progress(const Message&)>& take);

    [[nodiscard]] Progress fail(std::error_code error);
    [[nodiscard]] std::error_code error() const { return error_; }

  private:
    Socket socket_;
    std::vector<std::uint8_t> buffer_;
    std::uint32_t sequence_ = 0;
    std::error_code error_;
};

} // namespace fwdguard::nft
