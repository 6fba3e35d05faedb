// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"
#include "core/types.hpp"
#include "nft/attributes.hpp"

#include <cstdint>
#include <optional>

namespace fwdguard::nft {

/// One netlink message; `body` points into the datagram, behind the header.
struct Message {
    std::uint16_t type = 0;
    std::uint16_t flags = 0;
    std::uint32_t sequence = 0;
    std::uint32_t port = 0; ///< nlmsg_pid: whom the message answers or who caused it
    Bytes body{};
};

/// Walks the messages of one datagram and never past its end.
class MessageReader {
  public:
    explicit MessageReader(Bytes datagram) : rest_{datagram} {}

    /// The next message, or nullopt at the end or where the bytes stop making sense.
    [[nodiscard]] std::optional<Message> next();

    /// False once next() met a length that does not fit.
    [[nodiscard]] bool intact() const { return intact_; }

  private:
    Bytes rest_;
    bool intact_ = true;
};

/// What every nf_tables message begins with (struct nfgenmsg in linux/netfilter/nfnetlink.h).
struct NfHeader {
    std::uint8_t family = 0; ///< NFPROTO_*
    std::uint16_t generationLow =
        0; ///< the generation's low half (nft_base_seq in nf_tables_api.c)
    Bytes attributes{};
};

/// nullopt when the body is too short.
[[nodiscard]] std::optional<NfHeader> parseNfHeader(const Message& message);

/// True for a message of the nf_tables subsystem with this NFT_MSG_* number.
[[nodiscard]] bool isNft(const Message& message, int kind);

/// What NFT_MSG_NEWGEN says: a transaction was committed.
struct Announcement {
    Generation generation{};
    Committer committer{};
    std::uint32_t port = 0; ///< of the committer's socket
};

/// nullopt for every other message and for one that carries no generation.
[[nodiscard]] std::optional<Announcement> parseAnnouncement(const Message& message);

/// Its generation alone.
[[nodiscard]] std::optional<Generation> generationOf(const Message& message);

/// The errno of NLMSG_ERROR or NLMSG_DONE: 0 is an acknowledgement. nullopt for other messages,
/// EBADMSG for one too short to hold it.
[[nodiscard]] std::optional<int> parseError(const Message& message);

/// What we need of NFT_MSG_NEWCHAIN.
struct ChainState {
    std::uint16_t generationLow = 0;
    std::optional<Policy> policy{}; ///< absent for a regular chain
};

/// nullopt for every other message and for garbage.
[[nodiscard]] std::optional<ChainState> parseChain(const Message& message);

/// The full generation, from its low half and one known before: generations only go up, and nobody
/// commits 65,536 times between two looks.
[[nodiscard]] Generation widen(Generation known, std::uint16_t low);

/// The kernel's NFPROTO_* number and back; nullopt for families that are not ours.
[[nodiscard]] std::uint8_t protocolFamily(Family family);
[[nodiscard]] std::optional<Family> familyOf(std::uint8_t protocolFamily);

} // namespace fwdguard::nft
