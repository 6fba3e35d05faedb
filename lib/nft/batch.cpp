// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/batch.hpp"

#include "nft/messages.hpp"
#include "nft/requests.hpp"
#include "nft/uapi.hpp"

#include <cstring>

#include <libmnl/libmnl.h>

namespace fwdguard::nft {

namespace {

/// Enough for every rule id that the configuration lets in; the user data's length is one byte.
constexpr std::size_t longestId = 128;

} // namespace

bool namesFit(const Step& step)
{
    const ChainId& chain = chainOf(step);
    const auto* insert = std::get_if<InsertRule>(&step);
    return chain.table.size() <= maxNameLength && chain.chain.size() <= maxNameLength &&
           (insert == nullptr || (insert->rule->key.id.size() <= longestId &&
                                  insert->rule->body.verdict.chain.size() <= maxNameLength));
}

void Batch::build(const Plan& plan, std::optional<Generation> generation, std::uint32_t sequence)
{
    buffer_.begin(generation, sequence);
    counters_.clear();
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const std::uint16_t flags = i + 1 == plan.size() ? NLM_F_ACK : 0;
        std::visit([&](const auto& step) { add(step, flags); }, plan[i]);
    }
    buffer_.end();
}

void Batch::add(const InsertRule& step, std::uint16_t flags)
{
    const int place = std::holds_alternative<AtTail>(step.place) ? NLM_F_APPEND : 0;
    nlmsghdr* message = buffer_.open(
        NFT_MSG_NEWRULE,
        protocolFamily(step.rule->chain.family),
        static_cast<std::uint16_t>(flags | NLM_F_CREATE | place));
    const EncodedRule& encoded = rules_.ruleOf(step.rule);
    const Bytes rule = encoded.attributes();
    auto* const at = static_cast<std::uint8_t*>(mnl_nlmsg_get_payload_tail(message));
    std::memcpy(at, rule.data(), rule.size());
    putCounters(at, encoded.counters(), step.counters);
    const std::size_t offset = buffer_.offsetOf(at);
    counters_.push_back(
        {.packets = offset + encoded.counters().packets,
         .bytes = offset + encoded.counters().bytes});
    message->nlmsg_len += static_cast<std::uint32_t>(rule.size());
    if (const auto* before = std::get_if<Before>(&step.place))
        mnl_attr_put_u64(message, NFTA_RULE_POSITION, htobe64(before->handle.value));
    buffer_.close(message);
}

void Batch::add(const DeleteRule& step, std::uint16_t flags)
{
    nlmsghdr* message = buffer_.open(NFT_MSG_DELRULE, protocolFamily(step.chain.family), flags);
    mnl_attr_put_strz(message, NFTA_RULE_TABLE, step.chain.table.c_str());
    mnl_attr_put_strz(message, NFTA_RULE_CHAIN, step.chain.chain.c_str());
    mnl_attr_put_u64(message, NFTA_RULE_HANDLE, htobe64(step.handle.value));
    buffer_.close(message);
}

void Batch::add(const SetPolicy& step, std::uint16_t flags)
{
    // Without NLM_F_CREATE and a hook this changes an existing base chain or fails.
    nlmsghdr* message = buffer_.open(NFT_MSG_NEWCHAIN, protocolFamily(step.chain.family), flags);
    mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, step.chain.table.c_str());
    mnl_attr_put_strz(message, NFTA_CHAIN_NAME, step.chain.chain.c_str());
    mnl_attr_put_u32(
        message, NFTA_CHAIN_POLICY, htonl(step.policy == Policy::accept ? NF_ACCEPT : NF_DROP));
    buffer_.close(message);
}

} // namespace fwdguard::nft
