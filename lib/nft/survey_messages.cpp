// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/survey_messages.hpp"

#include "nft/uapi.hpp"

#include <bit>
#include <string_view>

namespace fwdguard::nft {

namespace {

std::optional<Hook> hookOf(std::optional<std::uint32_t> number)
{
    if (number == std::uint32_t{NF_INET_PRE_ROUTING})
        return Hook::prerouting;
    if (number == std::uint32_t{NF_INET_FORWARD})
        return Hook::forward;
    return std::nullopt;
}

/// The nest's hook and priority (enum nft_hook_attributes); nullopt when it is none of our hooks.
std::optional<BaseHook> parseHook(Bytes nest)
{
    std::optional<std::uint32_t> number;
    BaseHook base;
    AttributeReader attributes{nest};
    while (const auto attribute = attributes.next()) {
        const auto value = networkNumber<std::uint32_t>(attribute->value);
        if (attribute->type == NFTA_HOOK_HOOKNUM)
            number = value;
        else if (attribute->type == NFTA_HOOK_PRIORITY && value)
            base.priority = std::bit_cast<std::int32_t>(*value);
    }
    const auto hook = hookOf(number);
    if (!hook || !attributes.intact())
        return std::nullopt;
    base.hook = *hook;
    return base;
}

} // namespace

std::optional<TableListed> parseListedTable(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!isNft(message, NFT_MSG_NEWTABLE) || !header)
        return std::nullopt;
    TableListed table{.family = header->family, .generationLow = header->generationLow};
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next()) {
        if (attribute->type == NFTA_TABLE_NAME)
            table.name = textOf(attribute->value);
        else if (attribute->type == NFTA_TABLE_FLAGS)
            table.dormant = (networkNumber<std::uint32_t>(attribute->value).value_or(0) &
                             NFT_TABLE_F_DORMANT) != 0;
    }
    return attributes.intact() ? std::optional{table} : std::nullopt;
}

std::optional<ChainListed> parseListedChain(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!isNft(message, NFT_MSG_NEWCHAIN) || !header)
        return std::nullopt;
    ChainListed chain{.family = header->family, .generationLow = header->generationLow};
    Policy policy = Policy::accept;
    std::string_view type;
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next()) {
        const auto number = networkNumber<std::uint32_t>(attribute->value);
        if (attribute->type == NFTA_CHAIN_TABLE)
            chain.table = textOf(attribute->value);
        else if (attribute->type == NFTA_CHAIN_NAME)
            chain.name = textOf(attribute->value);
        else if (attribute->type == NFTA_CHAIN_HOOK)
            chain.base = parseHook(attribute->value);
        else if (attribute->type == NFTA_CHAIN_POLICY)
            policy = number == std::uint32_t{NF_DROP} ? Policy::drop : Policy::accept;
        else if (attribute->type == NFTA_CHAIN_TYPE)
            type = textOf(attribute->value);
        else if (attribute->type == NFTA_CHAIN_USE)
            chain.uses = number.value_or(0);
    }
    if (!attributes.intact())
        return std::nullopt;
    const bool nat = type == "nat" && chain.base && chain.base->hook == Hook::prerouting;
    if (type != "filter" && !nat)
        chain.base.reset();
    if (chain.base) {
        chain.base->policy = policy;
        chain.base->nat = nat;
    }
    return chain;
}

} // namespace fwdguard::nft
