// SPDX-License-Identifier: GPL-2.0-or-later
#include "events.hpp"

namespace fwdguard::test {

void attribute(Datagram& datagram, std::uint16_t type, const Datagram& value)
{
    append(datagram, static_cast<std::uint16_t>(4 + value.size()));
    append(datagram, type);
    datagram.insert(datagram.end(), value.begin(), value.end());
    datagram.resize((datagram.size() + 3) & ~std::size_t{3});
}

void name(Datagram& datagram, std::uint16_t type, const std::string& text)
{
    attribute(datagram, type, Datagram(text.c_str(), text.c_str() + text.size() + 1));
}

Datagram begin(int kind, std::uint8_t family)
{
    Datagram datagram;
    append(datagram, std::uint32_t{0});
    append(datagram, static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | kind));
    datagram.resize(sizeof(nlmsghdr));
    datagram.push_back(family);
    datagram.resize(sizeof(nlmsghdr) + sizeof(nfgenmsg));
    return datagram;
}

Datagram aboutRule(int kind, std::uint8_t handle, const ChainId& chain)
{
    Datagram datagram = begin(kind, nft::protocolFamily(chain.family));
    name(datagram, NFTA_RULE_TABLE, chain.table);
    name(datagram, NFTA_RULE_CHAIN, chain.chain);
    attribute(datagram, NFTA_RULE_HANDLE, {0, 0, 0, 0, 0, 0, 0, handle});
    return datagram;
}

Datagram announcement(std::uint32_t generation)
{
    Datagram datagram = begin(NFT_MSG_NEWGEN, NFPROTO_UNSPEC);
    Datagram number;
    append(number, htonl(generation));
    attribute(datagram, NFTA_GEN_ID, number);
    return datagram;
}

} // namespace fwdguard::test
