// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/event.hpp"

#include "nft/uapi.hpp"

namespace fwdguard::nft {

bool concernsChains(const Message& message)
{
    const int kind = message.type & 0xff;
    return message.type >> 8 == NFNL_SUBSYS_NFTABLES &&
           (kind < NFT_MSG_NEWSET || kind > NFT_MSG_DELFLOWTABLE);
}

bool Subject::covers(const ChainId& other) const
{
    return protocolFamily(other.family) == family && other.table == table &&
           (chain.empty() || other.chain == chain);
}

std::optional<Subject> subjectOf(const Message& message)
{
    static_assert(
        int{NFTA_TABLE_NAME} == int{NFTA_CHAIN_TABLE} &&
        int{NFTA_CHAIN_TABLE} == int{NFTA_RULE_TABLE});
    const auto header = parseNfHeader(message);
    if (!header)
        return std::nullopt;
    const bool aboutRule = isNft(message, NFT_MSG_NEWRULE);
    Subject subject{.family = header->family};
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next()) {
        if (attribute->type == NFTA_RULE_TABLE)
            subject.table = textOf(attribute->value);
        else if (aboutRule && attribute->type == NFTA_RULE_CHAIN)
            subject.chain = textOf(attribute->value);
    }
    return attributes.intact() ? std::optional{subject} : std::nullopt;
}

} // namespace fwdguard::nft
