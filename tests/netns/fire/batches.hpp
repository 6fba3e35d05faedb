// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <libmnl/libmnl.h>

namespace fwdguard::fire {

using Clock = std::chrono::steady_clock;

/// One transaction on chains of `ip filter`, ready to be sent as often as wanted.
class Batch {
  public:
    Batch();

    /// Appends rules that iptables shows as `-A CHAIN -m mark --mark 0x<mark>`, with ascending
    /// marks.
    Batch& append(const std::string& chain, std::uint32_t firstMark, std::uint32_t count);

    /// Inserts one at the head, and has the kernel tell its handle.
    Batch& insert(const std::string& chain, std::uint32_t mark);

    Batch& remove(const std::string& chain, std::uint64_t handle);
    Batch& flush(const std::string& chain);

    /// With the end of the transaction behind it. Nothing can be added after that.
    Batch& finish();

    [[nodiscard]] const std::vector<char>& bytes() const { return bytes_; }

  private:
    char* room();
    void put(const nlmsghdr* message);

    std::vector<char> bytes_;
    std::size_t used_ = 0;
    std::size_t last_ = 0; ///< where the last message begins
    std::uint32_t sequence_ = 1;
};

/// What iptables -S shows of rules that Batch::append() made.
[[nodiscard]] std::string
marksOf(const std::string& chain, std::uint32_t firstMark, std::uint32_t count);

struct CloseSocket {
    void operator()(mnl_socket* socket) const noexcept { mnl_socket_close(socket); }
};

/// A process with a netlink socket that stays open: the quickest writer there is.
class Writer {
  public:
    Writer();

    /// Sends and waits for the acknowledgement; throws std::system_error when the kernel refuses.
    /// Returns the handle that the kernel told, if it told one.
    std::optional<std::uint64_t> commit(const Batch& batch);

    [[nodiscard]] std::uint32_t port() const { return mnl_socket_get_portid(socket_.get()); }

  private:
    std::unique_ptr<mnl_socket, CloseSocket> socket_;
};

} // namespace fwdguard::fire
