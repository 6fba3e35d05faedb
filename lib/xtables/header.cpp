// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/header.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace fwdguard::xtables {

namespace {

// Both families' headers spell these the same; the values must agree for the shared code below.
static_assert(IPT_INV_VIA_IN == IP6T_INV_VIA_IN && IPT_INV_VIA_OUT == IP6T_INV_VIA_OUT);
static_assert(IPT_INV_SRCIP == IP6T_INV_SRCIP && IPT_INV_DSTIP == IP6T_INV_DSTIP);
constexpr unsigned int knownInversions =
    IPT_INV_VIA_IN | IPT_INV_VIA_OUT | IPT_INV_SRCIP | IPT_INV_DSTIP;

// "eth+" keeps its "+" in the name and leaves it out of the mask; an exact name's mask covers its
// NUL.
bool writeInterface(const std::optional<InterfaceMatch>& match, char* name, unsigned char* mask)
{
    if (!match)
        return true;
    const std::size_t length = match->name.size();
    if (length == 0 || length >= IFNAMSIZ - (match->prefix ? 1U : 0U))
        return false;
    std::copy(match->name.begin(), match->name.end(), name);
    if (match->prefix)
        name[length] = '+';
    std::fill_n(mask, match->prefix ? length : length + 1, std::uint8_t{0xff});
    return true;
}

bool readInterface(
    const char* name, const unsigned char* mask, bool negated, std::optional<InterfaceMatch>& match)
{
    const auto* const end = mask + IFNAMSIZ;
    const auto* const gap = std::find_if(mask, end, [](unsigned char m) { return m != 0xff; });
    if (std::any_of(gap, end, [](unsigned char m) { return m != 0; }))
        return false;
    const auto covered = static_cast<std::size_t>(gap - mask);
    if (covered == 0)
        return !negated;
    const std::size_t length = ::strnlen(name, covered);
    const bool prefix = length == covered;
    // Longer ones can be in a table, but nobody declares them: see writeInterface().
    const std::size_t longest = prefix ? IFNAMSIZ - 2 : IFNAMSIZ - 1;
    if (length + 1 < covered || length == 0 || length > longest)
        return false;
    match = InterfaceMatch{std::string{name, length}, prefix, negated};
    return true;
}

bool writeAddress(
    const std::optional<AddressMatch>& match,
    AddressMatch::Version version,
    std::size_t size,
    void* address,
    void* mask)
{
    if (!match)
        return true;
    if (match->version != version || match->prefixLength > size * 8)
        return false;
    auto* const bits = static_cast<unsigned char*>(mask);
    for (std::size_t bit = 0; bit < match->prefixLength; ++bit)
        bits[bit / 8] = static_cast<unsigned char>(bits[bit / 8] | (0x80U >> (bit % 8)));
    std::memcpy(address, match->address.data(), size);
    return true;
}

bool readAddress(
    AddressMatch::Version version,
    std::size_t size,
    const void* address,
    const void* mask,
    bool negated,
    std::optional<AddressMatch>& match)
{
    AddressMatch read{version, {}, 0, negated};
    std::memcpy(read.address.data(), address, size);
    std::array<unsigned char, 16> bits{};
    std::memcpy(bits.data(), mask, size);
    const auto bitAt = [](const auto& bytes, std::size_t bit) {
        return (bytes[bit / 8] & (0x80U >> (bit % 8))) != 0;
    };
    while (read.prefixLength < size * 8 && bitAt(bits, read.prefixLength))
        ++read.prefixLength;
    for (std::size_t bit = read.prefixLength; bit < size * 8; ++bit)
        if (bitAt(bits, bit) || bitAt(read.address, bit))
            return false;
    if (read.prefixLength != 0 || negated)
        match = read;
    return true;
}

template <class Header>
bool writeCommon(const Match& match, Header& header)
{
    const auto invert = [&header](const auto& part, unsigned int flag) {
        if (part && part->negated)
            header.invflags = static_cast<std::uint8_t>(header.invflags | flag);
    };
    invert(match.inInterface, IPT_INV_VIA_IN);
    invert(match.outInterface, IPT_INV_VIA_OUT);
    invert(match.source, IPT_INV_SRCIP);
    invert(match.destination, IPT_INV_DSTIP);
    header.proto = match.protocol.value_or(0);
    return writeInterface(match.inInterface, header.iniface, header.iniface_mask) &&
           writeInterface(match.outInterface, header.outiface, header.outiface_mask);
}

template <class Header>
bool readCommon(const Header& header, Match& match)
{
    if ((header.invflags & ~knownInversions) != 0 || header.proto > 0xff)
        return false;
    if (header.proto != 0)
        match.protocol = static_cast<std::uint8_t>(header.proto);
    return readInterface(
               header.iniface,
               header.iniface_mask,
               (header.invflags & IPT_INV_VIA_IN) != 0,
               match.inInterface) &&
           readInterface(
               header.outiface,
               header.outiface_mask,
               (header.invflags & IPT_INV_VIA_OUT) != 0,
               match.outInterface);
}

/// Both addresses of a header, whichever family it is of.
template <class Header>
bool readAddresses(AddressMatch::Version version, const Header& header, Match& match)
{
    return readAddress(
               version,
               sizeof header.src,
               &header.src,
               &header.smsk,
               (header.invflags & IPT_INV_SRCIP) != 0,
               match.source) &&
           readAddress(
               version,
               sizeof header.dst,
               &header.dst,
               &header.dmsk,
               (header.invflags & IPT_INV_DSTIP) != 0,
               match.destination);
}

template <class Header>
bool writeAddresses(AddressMatch::Version version, const Match& match, Header& header)
{
    return writeAddress(match.source, version, sizeof header.src, &header.src, &header.smsk) &&
           writeAddress(match.destination, version, sizeof header.dst, &header.dst, &header.dmsk);
}

} // namespace

bool writeHeader(const Match& match, bool goTo, ipt_ip& header)
{
    header.flags = goTo ? IPT_F_GOTO : 0;
    return writeCommon(match, header) && writeAddresses(AddressMatch::Version::v4, match, header);
}

bool writeHeader(const Match& match, bool goTo, ip6t_ip6& header)
{
    header.flags = static_cast<std::uint8_t>(
        (goTo ? IP6T_F_GOTO : 0U) | (match.protocol.value_or(0) != 0 ? IP6T_F_PROTO : 0U));
    return writeCommon(match, header) && writeAddresses(AddressMatch::Version::v6, match, header);
}

std::optional<ReadHeader> readHeader(const ipt_ip& header)
{
    ReadHeader read;
    read.goTo = (header.flags & IPT_F_GOTO) != 0;
    if ((header.flags & ~IPT_F_GOTO) != 0 || !readCommon(header, read.match) ||
        !readAddresses(AddressMatch::Version::v4, header, read.match))
        return std::nullopt;
    return read;
}

std::optional<ReadHeader> readHeader(const ip6t_ip6& header)
{
    ReadHeader read;
    read.goTo = (header.flags & IP6T_F_GOTO) != 0;
    const unsigned int expected = header.proto != 0 ? IP6T_F_PROTO : 0U;
    if ((header.flags & ~static_cast<unsigned int>(IP6T_F_GOTO)) != expected ||
        !readCommon(header, read.match) ||
        !readAddresses(AddressMatch::Version::v6, header, read.match))
        return std::nullopt;
    return read;
}

} // namespace fwdguard::xtables
