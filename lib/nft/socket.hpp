// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "nft/attributes.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

struct sock_filter;

namespace fwdguard::nft {

/// One datagram, or why there is none.
struct Received {
    enum class Kind : std::uint8_t {
        datagram, ///< `bytes` holds it
        nothing,  ///< nothing is waiting
        overrun,  ///< messages were dropped; those queued before are still there
        failed,   ///< see `error`
    };

    Kind kind = Kind::nothing;
    Bytes bytes{};            ///< into the buffer that was passed
    std::uint32_t sender = 0; ///< port id; 0 is the kernel
    bool truncated = false;   ///< the datagram was longer than the buffer
    std::error_code error{};
};

/// What is said of a kernel without nf_tables, or without all that it is reached by.
inline constexpr const char* noNftables =
    "this kernel has no nf_tables; load it (modprobe nf_tables) or boot a kernel that has it";

/// A NETLINK_NETFILTER socket of the network namespace it was made in. All system calls of this
/// folder are in socket.cpp. Netlink answers within the call that asks, so receiving never waits.
class Socket {
  public:
    /// Throws std::system_error: EPROTONOSUPPORT when the kernel has no nfnetlink.
    Socket();
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket(Socket&&) = delete;
    Socket& operator=(Socket&&) = delete;

    [[nodiscard]] int fd() const { return fd_; }

    /// The address that the kernel gave this socket; unique among those open in the namespace.
    [[nodiscard]] std::uint32_t port() const { return port_; }

    /// Subscribes to an NFNLGRP_* group. Throws std::system_error (EPERM without CAP_NET_ADMIN).
    void join(int group) const;

    /// Lets through only what the classic BPF program accepts; false when the kernel refuses it.
    [[nodiscard]] bool attachFilter(std::span<const sock_filter> program) const;
    void detachFilter() const;

    /// Acknowledgements no longer repeat the message they answer.
    void shortenAcknowledgements() const;

    /// Asks for a receive buffer of so many bytes, beyond the system's limit if permitted.
    void setReceiveBuffer(int bytes) const;

    /// Sends one datagram to the kernel, growing the send buffer when it needs to.
    [[nodiscard]] std::error_code send(Bytes datagram) const;

    /// Takes as many datagrams as are waiting, at most one for each element of `results`, into as
    /// many stretches of `buffer`, each `size` bytes long. Returns how many; if none, results[0]
    /// says why.
    [[nodiscard]] std::size_t
    receive(std::span<std::uint8_t> buffer, std::size_t size, std::span<Received> results) const;

  private:
    int fd_;
    std::uint32_t port_ = 0;
};

} // namespace fwdguard::nft
