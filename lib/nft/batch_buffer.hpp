// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "nft/attributes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

struct nlmsghdr;

namespace fwdguard::nft {

/// The messages of one transaction in a buffer that grows, and is kept from one transaction to the
/// next. libmnl does not look where a buffer ends: open() makes room for the longest message.
class BatchBuffer {
  public:
    /// Forgets what is there and writes NFNL_MSG_BATCH_BEGIN, with number `sequence`; each message
    /// that follows has the next one. With a generation the kernel refuses the batch (ERESTART)
    /// once a later one is current.
    void begin(std::optional<Generation> generation, std::uint32_t sequence);

    /// Begins a message of the nf_tables subsystem; `kind` is an NFT_MSG_* number, `flags` are
    /// added to NLM_F_REQUEST. Attributes may be put into it until close().
    [[nodiscard]] nlmsghdr* open(int kind, std::uint8_t family, std::uint16_t flags);
    void close(const nlmsghdr* message);

    /// Writes NFNL_MSG_BATCH_END.
    void end();

    [[nodiscard]] Bytes bytes() const { return Bytes{buffer_}.first(used_); }

    /// Where in bytes() something is that open() has made room for.
    [[nodiscard]] std::size_t offsetOf(const std::uint8_t* at) const
    {
        return static_cast<std::size_t>(at - buffer_.data());
    }

    /// Replaces the generation of a batch that was begun with one.
    static void setGeneration(std::span<std::uint8_t> batch, Generation generation);

    /// The sequence number behind those of the batch.
    [[nodiscard]] std::uint32_t nextSequence() const { return sequence_; }

  private:
    nlmsghdr* add(std::uint16_t type, std::uint8_t family, std::uint16_t flags);

    std::vector<std::uint8_t> buffer_;
    std::size_t used_ = 0;
    std::uint32_t sequence_ = 0;
};

} // namespace fwdguard::nft
