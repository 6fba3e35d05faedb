// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/state_set.hpp"

#include "nft/state_bits.hpp"
#include "nft/uapi.hpp"
#include "nft/verdict.hpp"

#include <bit>

namespace fwdguard::nft {

namespace {

/// A packet has one state, so a key of several bits is never looked up.
std::optional<CtStates> stateOf(Bytes key)
{
    const auto nest = tableOf<NFTA_DATA_MAX + 1>(key);
    const auto value = nest && (*nest)[NFTA_DATA_VALUE] ? (*nest)[NFTA_DATA_VALUE] : std::nullopt;
    const auto bits = value ? hostNumber<std::uint32_t>(*value) : std::nullopt;
    return bits && std::has_single_bit(*bits) ? statesOfBits(*bits, &StateBits::native)
                                              : std::nullopt;
}

std::optional<StateSet::Element> elementOf(const Attribute& listed)
{
    const auto table = tableOf<NFTA_SET_ELEM_USERDATA + 1>(listed.value);
    if (listed.type != NFTA_LIST_ELEM || !table || !(*table)[NFTA_SET_ELEM_KEY] ||
        (*table)[NFTA_SET_ELEM_FLAGS] || (*table)[NFTA_SET_ELEM_TIMEOUT] ||
        (*table)[NFTA_SET_ELEM_EXPIRATION])
        return std::nullopt;
    const auto state = stateOf(*(*table)[NFTA_SET_ELEM_KEY]);
    const auto& data = (*table)[NFTA_SET_ELEM_DATA];
    auto verdict = data ? verdictIn(*data) : std::nullopt;
    if (!state || (data && !verdict))
        return std::nullopt;
    return StateSet::Element{.state = *state, .verdict = std::move(verdict)};
}

std::optional<std::vector<StateSet::Element>> elementsIn(Bytes nest)
{
    std::vector<StateSet::Element> elements;
    AttributeReader attributes{nest};
    while (const auto attribute = attributes.next()) {
        auto element = elementOf(*attribute);
        if (!element)
            return std::nullopt;
        elements.push_back(*std::move(element));
    }
    return attributes.intact() ? std::optional{std::move(elements)} : std::nullopt;
}

} // namespace

std::optional<Lookup> parseLookup(Bytes data)
{
    const auto table = tableOf<NFTA_LOOKUP_FLAGS + 1>(data);
    const auto source = table ? numberIn((*table)[NFTA_LOOKUP_SREG]) : std::nullopt;
    if (!source || !(*table)[NFTA_LOOKUP_SET])
        return std::nullopt;
    const auto& destination = (*table)[NFTA_LOOKUP_DREG];
    if (destination && numberIn(destination) != static_cast<std::uint32_t>(NFT_REG_VERDICT))
        return std::nullopt;
    const std::uint32_t flags = numberIn((*table)[NFTA_LOOKUP_FLAGS]).value_or(0);
    if ((flags & ~std::uint32_t{NFT_LOOKUP_F_INV}) != 0)
        return std::nullopt;
    return Lookup{
        .set = textOf(*(*table)[NFTA_LOOKUP_SET]),
        .source = *source,
        .inverted = flags != 0,
        .verdict = destination.has_value()};
}

std::optional<SetListed> parseListedSet(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!isNft(message, NFT_MSG_NEWSET) || !header)
        return std::nullopt;
    std::uint32_t flags = 0;
    std::uint32_t keyLength = 0;
    std::uint32_t dataType = 0;
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next()) {
        const auto number = networkNumber<std::uint32_t>(attribute->value);
        if (attribute->type == NFTA_SET_FLAGS)
            flags = number.value_or(0);
        else if (attribute->type == NFTA_SET_KEY_LEN)
            keyLength = number.value_or(0);
        else if (attribute->type == NFTA_SET_DATA_TYPE)
            dataType = number.value_or(0);
    }
    if (!attributes.intact())
        return std::nullopt;
    constexpr std::uint32_t fixed = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT;
    const bool map = flags == (fixed | NFT_SET_MAP);
    return SetListed{
        .generationLow = header->generationLow,
        .fixed = (flags == fixed || map) && keyLength == sizeof(std::uint32_t),
        .verdicts = map && dataType == static_cast<std::uint32_t>(NFT_DATA_VERDICT)};
}

std::optional<ElementsListed> parseListedElements(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!isNft(message, NFT_MSG_NEWSETELEM) || !header)
        return std::nullopt;
    ElementsListed listed{.generationLow = header->generationLow};
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next())
        if (attribute->type == NFTA_SET_ELEM_LIST_ELEMENTS)
            listed.elements = elementsIn(attribute->value);
    return attributes.intact() ? std::optional{std::move(listed)} : std::nullopt;
}

} // namespace fwdguard::nft
