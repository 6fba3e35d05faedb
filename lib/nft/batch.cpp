// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/batch.hpp"

#include "nft/messages.hpp"
#include "nft/requests.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <cstring>

#include <libmnl/libmnl.h>

namespace fwdguard::nft {

namespace {

/// Above what the longest step needs: libmnl does not look where the buffer ends. Four names and a
/// dozen expressions take less than 3 KiB.
constexpr std::size_t stepRoom = 8192;

/// A buffer that grew beyond this is given back after use.
constexpr std::size_t keptSize = 1'048'576;

/// Enough for every rule id that the configuration lets in; the user data's length is one byte.
constexpr std::size_t longestId = 128;

constexpr std::uint16_t nftType(int kind)
{
    return static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | kind);
}

} // namespace

bool namesFit(const Step& step)
{
    const ChainId& chain = chainOf(step);
    const auto* insert = std::get_if<InsertRule>(&step);
    return chain.table.size() <= maxNameLength && chain.chain.size() <= maxNameLength &&
           (insert == nullptr || (insert->key.id.size() <= longestId &&
                                  insert->body.verdict.chain.size() <= maxNameLength));
}

void Batch::build(const Plan& plan, std::optional<Generation> generation, std::uint32_t sequence)
{
    if (buffer_.size() > keptSize)
        buffer_ = {};
    used_ = 0;
    sequence_ = sequence;
    begin(generation);
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const std::uint16_t flags = i + 1 == plan.size() ? NLM_F_ACK : 0;
        std::visit([&](const auto& step) { add(step, flags); }, plan[i]);
    }
    end();
}

nlmsghdr* Batch::open(std::uint16_t type, std::uint8_t family, std::uint16_t flags)
{
    if (buffer_.size() < used_ + stepRoom)
        buffer_.resize(std::max(buffer_.size() * 2, used_ + stepRoom));
    nlmsghdr* message = mnl_nlmsg_put_header(buffer_.data() + used_);
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message->nlmsg_seq = sequence_++;
    auto* generic = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    generic->nfgen_family = family;
    generic->version = NFNETLINK_V0;
    return message;
}

void Batch::close(const nlmsghdr* message)
{
    used_ += MNL_ALIGN(message->nlmsg_len);
}

void Batch::begin(std::optional<Generation> generation)
{
    nlmsghdr* message = open(NFNL_MSG_BATCH_BEGIN, NFPROTO_UNSPEC, 0);
    auto* generic = static_cast<nfgenmsg*>(mnl_nlmsg_get_payload(message));
    generic->res_id = htons(NFNL_SUBSYS_NFTABLES);
    if (generation)
        mnl_attr_put_u32(message, NFNL_BATCH_GENID, htonl(generation->value));
    close(message);
}

void Batch::end()
{
    nlmsghdr* message = open(NFNL_MSG_BATCH_END, NFPROTO_UNSPEC, 0);
    auto* generic = static_cast<nfgenmsg*>(mnl_nlmsg_get_payload(message));
    generic->res_id = htons(NFNL_SUBSYS_NFTABLES);
    close(message);
}

void Batch::add(const InsertRule& step, std::uint16_t flags)
{
    const int place = std::holds_alternative<AtTail>(step.place) ? NLM_F_APPEND : 0;
    nlmsghdr* message = open(
        nftType(NFT_MSG_NEWRULE),
        protocolFamily(step.chain.family),
        static_cast<std::uint16_t>(flags | NLM_F_CREATE | place));
    const Bytes rule = rules_.ruleOf(step).attributes(step.counters);
    std::memcpy(mnl_nlmsg_get_payload_tail(message), rule.data(), rule.size());
    message->nlmsg_len += static_cast<std::uint32_t>(rule.size());
    if (const auto* before = std::get_if<Before>(&step.place))
        mnl_attr_put_u64(message, NFTA_RULE_POSITION, htobe64(before->handle.value));
    close(message);
}

void Batch::add(const DeleteRule& step, std::uint16_t flags)
{
    nlmsghdr* message = open(nftType(NFT_MSG_DELRULE), protocolFamily(step.chain.family), flags);
    mnl_attr_put_strz(message, NFTA_RULE_TABLE, step.chain.table.c_str());
    mnl_attr_put_strz(message, NFTA_RULE_CHAIN, step.chain.chain.c_str());
    mnl_attr_put_u64(message, NFTA_RULE_HANDLE, htobe64(step.handle.value));
    close(message);
}

void Batch::add(const SetPolicy& step, std::uint16_t flags)
{
    // Without NLM_F_CREATE and a hook this changes an existing base chain or fails.
    nlmsghdr* message = open(nftType(NFT_MSG_NEWCHAIN), protocolFamily(step.chain.family), flags);
    mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, step.chain.table.c_str());
    mnl_attr_put_strz(message, NFTA_CHAIN_NAME, step.chain.chain.c_str());
    mnl_attr_put_u32(
        message, NFTA_CHAIN_POLICY, htonl(step.policy == Policy::accept ? NF_ACCEPT : NF_DROP));
    close(message);
}

} // namespace fwdguard::nft
