// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "nft/attributes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace fwdguard::nft {

/// Longest name of a table or chain (NFT_NAME_MAXLEN without the NUL).
inline constexpr std::size_t maxNameLength = 255;

/// One request to the kernel or a few in one datagram, ready to send.
class Request {
  public:
    /// Begins a message. `type` is an NFT_MSG_* number, `family` an NFPROTO_* number, `flags` are
    /// added to NLM_F_REQUEST.
    void begin(int type, std::uint8_t family, std::uint16_t flags, std::uint32_t sequence);

    /// Adds a NUL-terminated name to the last message; it must not be longer than maxNameLength.
    void addName(std::uint16_t type, const std::string& name);

    /// Gives the messages, in their order, the sequence numbers from `first` on.
    void renumber(std::uint32_t first);

    [[nodiscard]] Bytes bytes() const { return Bytes{buffer_}.first(used_); }

  private:
    alignas(8) std::array<std::uint8_t, 1728> buffer_; ///< its first used_ bytes are written
    std::size_t last_ = 0;                             ///< where the last message begins
    std::size_t used_ = 0;
};

/// NFT_MSG_GETGEN.
[[nodiscard]] Request generationRequest(std::uint32_t sequence);

/// NFT_MSG_GETTABLE.
[[nodiscard]] Request tableRequest(const ChainId& chain, std::uint32_t sequence);

/// How many sequence numbers chainRequest() uses.
inline constexpr std::uint32_t chainRequests = 3;

/// NFT_MSG_GETGEN, NFT_MSG_GETCHAIN and a dump of the chain's rules: the dump is the same for a
/// missing chain as for an empty one, and of an empty one it does not say at which generation it
/// was made.
[[nodiscard]] Request chainRequest(const ChainId& chain, std::uint32_t sequence);

/// Dumps of all tables, and of all chains, of all families.
[[nodiscard]] Request allTablesRequest(std::uint32_t sequence);
[[nodiscard]] Request allChainsRequest(std::uint32_t sequence);

/// A dump of one chain's rules.
[[nodiscard]] Request rulesRequest(const ChainId& chain, std::uint32_t sequence);

/// NFT_MSG_GETSET of a set in the chain's table, and a dump of its elements.
[[nodiscard]] Request
setRequest(const ChainId& chain, const std::string& set, std::uint32_t sequence);
[[nodiscard]] Request
elementsRequest(const ChainId& chain, const std::string& set, std::uint32_t sequence);

} // namespace fwdguard::nft
