// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/own_table.hpp"

#include "nft/encode.hpp"
#include "nft/messages.hpp"
#include "nft/uapi.hpp"
#include "nft/writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>

namespace fwdguard::nft {

namespace {

constexpr const char* tableName = "fwd-guard";
constexpr const char* chainName = "mark-forward";

/// One before filter (0), where Docker's chain asks for the mark.
constexpr std::int32_t priority = -1;

constexpr std::size_t bufferSize = 8'192;

std::set<Family> familiesOf(std::span<const MarkRule> rules)
{
    std::set<Family> families;
    for (const MarkRule& rule : rules)
        families.insert(rule.family);
    return families;
}

} // namespace

OwnTable::OwnTable() : inbox_{bufferSize}
{
    socket_.shortenAcknowledgements();
}

std::error_code OwnTable::hold(std::span<const MarkRule> rules)
{
    const std::set<Family> wanted = familiesOf(rules);
    std::set<Family> touched = wanted;
    touched.insert(held_.begin(), held_.end());
    if (touched.empty())
        return {};

    buffer_.begin(std::nullopt, sequence_);
    // The kernel answers the last message; every error comes before that.
    const std::size_t messages = 2 * touched.size() + 2 * wanted.size() + rules.size();
    // A table is deleted whether there is one or not by adding it first.
    for (const Family family : touched) {
        addTable(family, 0);
        const bool last = rules.empty() && family == *touched.rbegin();
        deleteTable(family, last ? NLM_F_ACK : 0);
    }
    for (const Family family : wanted) {
        addTable(family, 0);
        addChain(family);
    }
    for (const MarkRule& rule : rules)
        addRule(rule, &rule == &rules.back() ? NLM_F_ACK : 0);
    buffer_.end();

    Answers answers{std::exchange(sequence_, buffer_.nextSequence()), messages};
    if (const auto error = socket_.send(buffer_.bytes()))
        return error;
    // Until the kernel has said what became of it, all of it may be there.
    const std::set<Family> before = std::exchange(held_, touched);
    while (!answers.complete()) {
        const Received received = inbox_.next(socket_);
        if (received.kind == Received::Kind::nothing)
            break;
        if (received.kind == Received::Kind::overrun)
            answers.lost({ENOBUFS, std::generic_category()});
        else if (received.kind == Received::Kind::failed)
            return received.error;
        else if (received.sender == 0)
            answers.add(received.bytes);
    }
    const CommitResult result = answers.result();
    if (const auto* failure = std::get_if<CommitFailed>(&result)) {
        if (failure->step) // it was refused, not lost
            held_ = before;
        return failure->error;
    }
    if (!std::holds_alternative<Committed>(result)) {
        held_ = before;
        return {ERESTART, std::generic_category()};
    }
    held_ = wanted;
    return {};
}

void OwnTable::addTable(Family family, std::uint16_t flags)
{
    nlmsghdr* message = buffer_.open(
        NFT_MSG_NEWTABLE, protocolFamily(family), static_cast<std::uint16_t>(flags | NLM_F_CREATE));
    mnl_attr_put_strz(message, NFTA_TABLE_NAME, tableName);
    mnl_attr_put_u32(message, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
    buffer_.close(message);
}

void OwnTable::deleteTable(Family family, std::uint16_t flags)
{
    nlmsghdr* message = buffer_.open(NFT_MSG_DELTABLE, protocolFamily(family), flags);
    mnl_attr_put_strz(message, NFTA_TABLE_NAME, tableName);
    buffer_.close(message);
}

void OwnTable::addChain(Family family)
{
    nlmsghdr* message = buffer_.open(NFT_MSG_NEWCHAIN, protocolFamily(family), NLM_F_CREATE);
    mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, tableName);
    mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chainName);
    nlattr* hook = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
    mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(NF_INET_FORWARD));
    mnl_attr_put_u32(message, NFTA_HOOK_PRIORITY, htonl(static_cast<std::uint32_t>(priority)));
    mnl_attr_nest_end(message, hook);
    mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "filter");
    mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
    buffer_.close(message);
}

void OwnTable::addRule(const MarkRule& rule, std::uint16_t flags)
{
    const RulePointer encoded =
        encode(rule, {.family = rule.family, .table = tableName, .chain = chainName});
    nlmsghdr* message = buffer_.open(
        NFT_MSG_NEWRULE,
        protocolFamily(rule.family),
        static_cast<std::uint16_t>(flags | NLM_F_CREATE | NLM_F_APPEND));
    nftnl_rule_nlmsg_build_payload(message, encoded.get());
    buffer_.close(message);
}

} // namespace fwdguard::nft
