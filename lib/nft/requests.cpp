// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/requests.hpp"

#include "nft/messages.hpp"
#include "nft/uapi.hpp"

#include <libmnl/libmnl.h>

namespace fwdguard::nft {

void Request::begin(int type, std::uint8_t family, std::uint16_t flags, std::uint32_t sequence)
{
    last_ = used_;
    auto* header = mnl_nlmsg_put_header(buffer_.data() + last_);
    header->nlmsg_type = static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | type);
    header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    header->nlmsg_seq = sequence;
    auto* generic = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
    generic->nfgen_family = family;
    generic->version = NFNETLINK_V0;
    used_ = last_ + header->nlmsg_len;
}

void Request::addName(std::uint16_t type, const std::string& name)
{
    auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data() + last_);
    mnl_attr_put_strz(header, type, name.c_str());
    used_ = last_ + header->nlmsg_len;
}

void Request::renumber(std::uint32_t first)
{
    for (std::size_t at = 0; at < used_;) {
        auto* header = reinterpret_cast<nlmsghdr*>(buffer_.data() + at);
        header->nlmsg_seq = first++;
        at += header->nlmsg_len;
    }
}

Request generationRequest(std::uint32_t sequence)
{
    Request request;
    request.begin(NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0, sequence);
    return request;
}

Request tableRequest(const ChainId& chain, std::uint32_t sequence)
{
    Request request;
    request.begin(NFT_MSG_GETTABLE, protocolFamily(chain.family), 0, sequence);
    request.addName(NFTA_TABLE_NAME, chain.table);
    return request;
}

Request chainRequest(const ChainId& chain, std::uint32_t sequence)
{
    Request request = generationRequest(sequence);
    request.begin(NFT_MSG_GETCHAIN, protocolFamily(chain.family), 0, sequence + 1);
    request.addName(NFTA_CHAIN_TABLE, chain.table);
    request.addName(NFTA_CHAIN_NAME, chain.chain);
    request.begin(NFT_MSG_GETRULE, protocolFamily(chain.family), NLM_F_DUMP, sequence + 2);
    request.addName(NFTA_RULE_TABLE, chain.table);
    request.addName(NFTA_RULE_CHAIN, chain.chain);
    return request;
}

namespace {

Request dumpRequest(int type, std::uint32_t sequence)
{
    Request request;
    request.begin(type, NFPROTO_UNSPEC, NLM_F_DUMP, sequence);
    return request;
}

} // namespace

Request allTablesRequest(std::uint32_t sequence)
{
    return dumpRequest(NFT_MSG_GETTABLE, sequence);
}

Request allChainsRequest(std::uint32_t sequence)
{
    return dumpRequest(NFT_MSG_GETCHAIN, sequence);
}

Request rulesRequest(const ChainId& chain, std::uint32_t sequence)
{
    Request request;
    request.begin(NFT_MSG_GETRULE, protocolFamily(chain.family), NLM_F_DUMP, sequence);
    request.addName(NFTA_RULE_TABLE, chain.table);
    request.addName(NFTA_RULE_CHAIN, chain.chain);
    return request;
}

Request setRequest(const ChainId& chain, const std::string& set, std::uint32_t sequence)
{
    Request request;
    request.begin(NFT_MSG_GETSET, protocolFamily(chain.family), 0, sequence);
    request.addName(NFTA_SET_TABLE, chain.table);
    request.addName(NFTA_SET_NAME, set);
    return request;
}

Request elementsRequest(const ChainId& chain, const std::string& set, std::uint32_t sequence)
{
    Request request;
    request.begin(NFT_MSG_GETSETELEM, protocolFamily(chain.family), NLM_F_DUMP, sequence);
    request.addName(NFTA_SET_ELEM_LIST_TABLE, chain.table);
    request.addName(NFTA_SET_ELEM_LIST_SET, set);
    return request;
}

} // namespace fwdguard::nft
