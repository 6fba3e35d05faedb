// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/messages.hpp"

#include "nft/uapi.hpp"

#include <cerrno>

namespace fwdguard::nft {

std::optional<Message> MessageReader::next()
{
    if (rest_.empty())
        return std::nullopt;
    nlmsghdr header{};
    if (rest_.size() >= sizeof header)
        std::memcpy(&header, rest_.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest_.size()) {
        intact_ = false;
        return std::nullopt;
    }
    const Message message{
        .type = header.nlmsg_type,
        .flags = header.nlmsg_flags,
        .sequence = header.nlmsg_seq,
        .port = header.nlmsg_pid,
        .body = rest_.subspan(sizeof header, header.nlmsg_len - sizeof header)};
    const std::size_t padded = (std::size_t{header.nlmsg_len} + 3) & ~std::size_t{3};
    rest_ = rest_.subspan(padded < rest_.size() ? padded : rest_.size());
    return message;
}

std::optional<NfHeader> parseNfHeader(const Message& message)
{
    nfgenmsg header{};
    if (message.body.size() < sizeof header)
        return std::nullopt;
    std::memcpy(&header, message.body.data(), sizeof header);
    return NfHeader{
        .family = header.nfgen_family,
        .generationLow = ntohs(header.res_id),
        .attributes = message.body.subspan(sizeof header)};
}

bool isNft(const Message& message, int kind)
{
    return message.type == ((NFNL_SUBSYS_NFTABLES << 8) | kind);
}

std::optional<Announcement> parseAnnouncement(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!isNft(message, NFT_MSG_NEWGEN) || !header)
        return std::nullopt;

    Announcement announcement{.port = message.port};
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next()) {
        const auto number = networkNumber<std::uint32_t>(attribute->value);
        if (attribute->type == NFTA_GEN_ID && number)
            announcement.generation.value = *number;
        else if (attribute->type == NFTA_GEN_PROC_PID && number)
            announcement.committer.pid = *number;
        else if (attribute->type == NFTA_GEN_PROC_NAME)
            announcement.committer.comm = textOf(attribute->value);
    }
    if (!attributes.intact() || announcement.generation.value == 0)
        return std::nullopt;
    return announcement;
}

std::optional<Generation> generationOf(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!isNft(message, NFT_MSG_NEWGEN) || !header)
        return std::nullopt;
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next())
        if (attribute->type == NFTA_GEN_ID)
            if (const auto number = networkNumber<std::uint32_t>(attribute->value); number > 0U)
                return Generation{*number};
    return std::nullopt;
}

std::optional<int> parseError(const Message& message)
{
    if (message.type != NLMSG_ERROR && message.type != NLMSG_DONE)
        return std::nullopt;
    std::int32_t value = 0;
    if (message.body.size() < sizeof value)
        return message.type == NLMSG_DONE && message.body.empty() ? 0 : EBADMSG;
    std::memcpy(&value, message.body.data(), sizeof value);
    // NLMSG_DONE may carry the dump's positive length.
    if (value >= 0)
        return value == 0 || message.type == NLMSG_DONE ? 0 : EBADMSG;
    return value == INT32_MIN ? EBADMSG : -value;
}

std::optional<ChainState> parseChain(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!isNft(message, NFT_MSG_NEWCHAIN) || !header)
        return std::nullopt;

    std::optional<Bytes> policy;
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next())
        if (attribute->type == NFTA_CHAIN_POLICY)
            policy = attribute->value;
    if (!attributes.intact())
        return std::nullopt;
    if (!policy)
        return ChainState{.generationLow = header->generationLow, .policy = std::nullopt};
    const auto number = networkNumber<std::uint32_t>(*policy);
    if (number == std::uint32_t{NF_ACCEPT})
        return ChainState{.generationLow = header->generationLow, .policy = Policy::accept};
    if (number == std::uint32_t{NF_DROP})
        return ChainState{.generationLow = header->generationLow, .policy = Policy::drop};
    return std::nullopt;
}

Generation widen(Generation known, std::uint16_t low)
{
    // The difference of the low halves, taken modulo 65,536, is how far the kernel has gone on.
    const auto ahead = static_cast<std::uint16_t>(low - static_cast<std::uint16_t>(known.value));
    return Generation{known.value + ahead};
}

std::uint8_t protocolFamily(Family family)
{
    switch (family) {
    case Family::ip:
        return NFPROTO_IPV4;
    case Family::ip6:
        return NFPROTO_IPV6;
    case Family::inet:
        return NFPROTO_INET;
    case Family::bridge:
        return NFPROTO_BRIDGE;
    }
    return NFPROTO_UNSPEC;
}

std::optional<Family> familyOf(std::uint8_t protocolFamily)
{
    switch (protocolFamily) {
    case NFPROTO_IPV4:
        return Family::ip;
    case NFPROTO_IPV6:
        return Family::ip6;
    case NFPROTO_INET:
        return Family::inet;
    case NFPROTO_BRIDGE:
        return Family::bridge;
    default:
        return std::nullopt;
    }
}

} // namespace fwdguard::nft
