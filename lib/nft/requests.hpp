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

/// One request to the kernel, ready to send.
class Request {
  public:
    /// `type` is an NFT_MSG_* number, `family` an NFPROTO_* number, `flags` are added to
    /// NLM_F_REQUEST.
    Request(int type, std::uint8_t family, std::uint16_t flags, std::uint32_t sequence);

    /// Adds a NUL-terminated name; it must not be longer than maxNameLength.
    void addName(std::uint16_t type, const std::string& name);

    [[nodiscard]] Bytes bytes() const;

  private:
    alignas(8) std::array<std::uint8_t, 640> buffer_;
};

/// NFT_MSG_GETGEN.
[[nodiscard]] Request generationRequest(std::uint32_t sequence);

/// NFT_MSG_GETTABLE and NFT_MSG_GETCHAIN of one object.
[[nodiscard]] Request tableRequest(const ChainId& chain, std::uint32_t sequence);
[[nodiscard]] Request chainRequest(const ChainId& chain, std::uint32_t sequence);

/// NFT_MSG_GETRULE, a dump of one chain's rules; the kernel answers for a missing chain as for an
/// empty one.
[[nodiscard]] Request rulesRequest(const ChainId& chain, std::uint32_t sequence);

/// The same of all rules of all families.
[[nodiscard]] Request allRulesRequest(std::uint32_t sequence);

} // namespace fwdguard::nft
