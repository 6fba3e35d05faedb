// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/conditions.hpp"

#include "nft/state_bits.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <bit>

namespace fwdguard::nft {

namespace {
constexpr PortRange allPorts{0, 65535};

/// Where a header field lies.
struct Field {
    std::uint32_t offset;
    std::uint32_t length;
};
constexpr Field ipProtocol{9, 1};
constexpr std::size_t maxIpHeader = 40;

struct AddressFields {
    Field source;
    Field destination;
};
constexpr AddressFields ip4Addresses{{12, 4}, {16, 4}};
constexpr AddressFields ip6Addresses{{8, 16}, {24, 16}};

/// Saying the same twice is fine, saying two things is not.
template <class Value>
bool settle(std::optional<Value>& member, const Value& value)
{
    if (!member)
        member = value;
    return *member == value;
}

bool narrow(std::optional<PortRange>& member, PortRange range)
{
    const PortRange before = member.value_or(allPorts);
    member = PortRange{std::max(before.first, range.first), std::min(before.last, range.last)};
    return member->first <= member->last;
}

bool isEquality(Comparison comparison)
{
    return comparison == Comparison::equal || comparison == Comparison::unequal;
}

/// The length of a mask that is ones, then zeros; nullopt for any other.
std::optional<std::uint8_t> prefixLength(Bytes mask)
{
    std::uint8_t length = 0;
    bool ended = false;
    for (const std::uint8_t byte : mask) {
        const int ones = std::countl_one(byte);
        if ((ended && byte != 0) || ones + std::countr_zero(byte) < 8)
            return std::nullopt;
        length = static_cast<std::uint8_t>(length + ones);
        ended = ones < 8;
    }
    return length;
}

/// A comparison laid over the header that it looks at.
struct Overlay {
    std::array<std::uint8_t, maxIpHeader> mask{};
    std::array<std::uint8_t, maxIpHeader> value{};

    [[nodiscard]] Bytes maskOf(Field field) const
    {
        return Bytes{mask}.subspan(field.offset, field.length);
    }
    [[nodiscard]] Bytes valueOf(Field field) const
    {
        return Bytes{value}.subspan(field.offset, field.length);
    }
    [[nodiscard]] bool touches(Field field) const
    {
        return std::ranges::any_of(maskOf(field), [](std::uint8_t byte) { return byte != 0; });
    }
    void clear(Field field)
    {
        std::fill_n(mask.begin() + field.offset, field.length, std::uint8_t{0});
    }
    [[nodiscard]] bool empty() const
    {
        return std::ranges::all_of(mask, [](std::uint8_t byte) { return byte == 0; });
    }
};

/// nullopt when it does not fit, or asks for bits that the mask has cleared.
std::optional<Overlay> overlay(const Loaded& loaded, Bytes value)
{
    if (value.size() != loaded.length || loaded.length > Loaded::maxLength ||
        loaded.offset > maxIpHeader || loaded.length > maxIpHeader - loaded.offset)
        return std::nullopt;
    Overlay result;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::uint8_t mask = loaded.mask ? (*loaded.mask)[i] : 0xff;
        if ((value[i] & ~mask) != 0)
            return std::nullopt;
        result.mask[loaded.offset + i] = mask;
        result.value[loaded.offset + i] = value[i];
    }
    return result;
}

bool address(
    std::optional<AddressMatch>& member,
    const Overlay& overlay,
    Field field,
    AddressMatch::Version version,
    bool negated)
{
    const auto length = prefixLength(overlay.maskOf(field));
    if (!length)
        return false;
    AddressMatch match{.version = version, .prefixLength = *length, .negated = negated};
    std::ranges::copy(overlay.valueOf(field), match.address.begin());
    return settle(member, match);
}

} // namespace

Conditions::Conditions(Family family) : family_{family}
{
    if (family == Family::ip)
        network_ = Version::v4;
    else if (family == Family::ip6)
        network_ = Version::v6;
}

bool Conditions::compare(const Loaded& loaded, Comparison comparison, Bytes value)
{
    switch (loaded.source) {
    case Loaded::Source::meta:
        return compareMeta(loaded, comparison, value);
    case Loaded::Source::linkHeader: {
        const auto type = networkNumber<std::uint16_t>(value);
        return family_ == Family::bridge && loaded.offset == offsetof(ethhdr, h_proto) && type &&
               loaded.length == sizeof *type && !loaded.mask && comparison == Comparison::equal &&
               etherType(*type);
    }
    case Loaded::Source::networkHeader:
        return compareNetworkHeader(loaded, comparison, value);
    case Loaded::Source::transportHeader:
        return compareTransportHeader(loaded, comparison, value);
    case Loaded::Source::ct:
        return compareCt(loaded, comparison, value);
    }
    return false;
}

bool Conditions::compareMeta(const Loaded& loaded, Comparison comparison, Bytes value)
{
    if (loaded.key == NFT_META_IIFNAME)
        return compareInterface(match_.inInterface, loaded, comparison, value);
    if (loaded.key == NFT_META_OIFNAME)
        return compareInterface(match_.outInterface, loaded, comparison, value);
    if (loaded.key == NFT_META_MARK)
        return compareMark(loaded, comparison, value);
    if (loaded.mask || comparison != Comparison::equal)
        return false;

    const auto byte = hostNumber<std::uint8_t>(value);
    const auto type = networkNumber<std::uint16_t>(value);
    if (loaded.key == NFT_META_L4PROTO && byte)
        return settle(match_.protocol, *byte);
    if (loaded.key == NFT_META_NFPROTO && byte)
        return (*byte == NFPROTO_IPV4 && networkIs(Version::v4)) ||
               (*byte == NFPROTO_IPV6 && networkIs(Version::v6));
    return loaded.key == NFT_META_PROTOCOL && type && etherType(*type);
}

bool Conditions::compareInterface(
    std::optional<InterfaceMatch>& match, const Loaded& loaded, Comparison comparison, Bytes value)
{
    if (loaded.mask || !isEquality(comparison) || value.size() > IFNAMSIZ)
        return false;
    // An exact name comes with at least one NUL, a prefix without; nft pads names to the full 16
    // bytes.
    const std::string_view name = textOf(value);
    const bool padded = std::ranges::all_of(
        value.subspan(name.size()), [](std::uint8_t byte) { return byte == 0; });
    if (name.empty() || name.size() == IFNAMSIZ || !padded)
        return false;
    return settle(
        match,
        InterfaceMatch{
            .name = std::string{name},
            .prefix = name.size() == value.size(),
            .negated = comparison == Comparison::unequal});
}

bool Conditions::compareMark(const Loaded& loaded, Comparison comparison, Bytes value)
{
    const auto number = hostNumber<std::uint32_t>(value);
    if (!number || !isEquality(comparison))
        return false;
    MarkMatch match{.value = *number, .negated = comparison == Comparison::unequal};
    if (loaded.mask)
        std::memcpy(&match.mask, loaded.mask->data(), sizeof match.mask);
    return mark(match);
}

bool Conditions::mark(const MarkMatch& match)
{
    return settle(match_.mark, match);
}

bool Conditions::etherType(std::uint16_t type)
{
    return (type == ETH_P_IP && networkIs(Version::v4)) ||
           (type == ETH_P_IPV6 && networkIs(Version::v6));
}

bool Conditions::networkIs(Version version)
{
    return settle(network_, version);
}

bool Conditions::compareNetworkHeader(const Loaded& loaded, Comparison comparison, Bytes value)
{
    auto rest = overlay(loaded, value);
    if (!rest || !network_ || !isEquality(comparison))
        return false;
    const bool negated = comparison == Comparison::unequal;
    const AddressFields& fields = *network_ == Version::v4 ? ip4Addresses : ip6Addresses;
    int conditions = 0;

    // nft joins neighbouring fields into one comparison; each of them is a condition of its own.
    if (rest->touches(fields.source)) {
        if (!address(match_.source, *rest, fields.source, *network_, negated))
            return false;
        rest->clear(fields.source);
        ++conditions;
    }
    if (rest->touches(fields.destination)) {
        if (!address(match_.destination, *rest, fields.destination, *network_, negated))
            return false;
        rest->clear(fields.destination);
        ++conditions;
    }
    if (*network_ == Version::v4 && rest->maskOf(ipProtocol)[0] == 0xff) {
        if (negated || !settle(match_.protocol, rest->valueOf(ipProtocol)[0]))
            return false;
        rest->clear(ipProtocol);
        ++conditions;
    }
    return rest->empty() && (negated ? conditions == 1 : conditions >= 1);
}

bool Conditions::knowsPorts() const
{
    return match_.protocol == IPPROTO_TCP || match_.protocol == IPPROTO_UDP;
}

bool Conditions::ports(const Loaded& loaded, std::uint16_t first, std::uint16_t last)
{
    if (!knowsPorts() || loaded.mask || loaded.length != sizeof first)
        return false;
    if (loaded.offset == 0)
        return narrow(match_.sourcePort, {first, last});
    return loaded.offset == sizeof first && narrow(match_.destinationPort, {first, last});
}

bool Conditions::compareTransportHeader(const Loaded& loaded, Comparison comparison, Bytes value)
{
    const auto both = networkNumber<std::uint32_t>(value);
    if (both && loaded.offset == 0 && loaded.length == sizeof *both) {
        const auto source = static_cast<std::uint16_t>(*both >> 16);
        const auto destination = static_cast<std::uint16_t>(*both);
        return knowsPorts() && !loaded.mask && comparison == Comparison::equal &&
               narrow(match_.sourcePort, {source, source}) &&
               narrow(match_.destinationPort, {destination, destination});
    }
    const auto port = networkNumber<std::uint16_t>(value);
    if (!port)
        return false;
    switch (comparison) {
    case Comparison::equal:
        return ports(loaded, *port, *port);
    case Comparison::lessEqual:
        return ports(loaded, allPorts.first, *port);
    case Comparison::greaterEqual:
        return ports(loaded, *port, allPorts.last);
    case Comparison::less:
        return *port > allPorts.first &&
               ports(loaded, allPorts.first, static_cast<std::uint16_t>(*port - 1));
    case Comparison::greater:
        return *port < allPorts.last &&
               ports(loaded, static_cast<std::uint16_t>(*port + 1), allPorts.last);
    case Comparison::unequal:
        return false;
    }
    return false;
}

bool Conditions::inRange(const Loaded& loaded, Bytes first, Bytes last)
{
    const auto low = networkNumber<std::uint16_t>(first);
    const auto high = networkNumber<std::uint16_t>(last);
    return loaded.source == Loaded::Source::transportHeader && low && high &&
           ports(loaded, *low, *high);
}

bool Conditions::portsOf(std::uint8_t protocol, PortRange source, PortRange destination)
{
    const auto take = [](std::optional<PortRange>& member, PortRange range) {
        return range == allPorts || narrow(member, range);
    };
    return settle(portsOf_, protocol) && take(match_.sourcePort, source) &&
           take(match_.destinationPort, destination);
}

bool Conditions::compareCt(const Loaded& loaded, Comparison comparison, Bytes value)
{
    // nft's "ct state a,b": the bits of a and b, masked, are not all zero.
    const auto number = hostNumber<std::uint32_t>(value);
    if (loaded.key != NFT_CT_STATE || !loaded.mask || comparison != Comparison::unequal ||
        number != 0U)
        return false;
    std::uint32_t bits = 0;
    std::memcpy(&bits, loaded.mask->data(), sizeof bits);
    const auto states = statesOfBits(bits, &StateBits::native);
    return states && ctState(*states);
}

bool Conditions::ctState(CtStates states)
{
    if (states == CtStates::none || match_.ctState != CtStates::none)
        return states != CtStates::none && match_.ctState == states;
    match_.ctState = states;
    return true;
}

std::optional<Match> Conditions::finish() const
{
    const bool anyIp = family_ == Family::inet || family_ == Family::bridge;
    // "Any IPv4 packet" is narrower than any declared rule without addresses.
    if (anyIp && network_ && !match_.source && !match_.destination)
        return std::nullopt;
    if (portsOf_ && portsOf_ != match_.protocol)
        return std::nullopt;
    return match_;
}

} // namespace fwdguard::nft
