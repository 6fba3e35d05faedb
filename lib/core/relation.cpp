// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/relation.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>

namespace fwdguard {

namespace {

using Version = AddressMatch::Version;

/// How two plain sets lie to each other: the wanted one first.
struct Sets {
    bool within = false;   ///< the wanted one is a subset of the other
    bool contains = false; ///< the other is a subset of the wanted one
    bool apart = false;    ///< they have nothing in common
};

Relation relationOf(const Sets& sets, bool wantedNegated, bool otherNegated)
{
    if (!wantedNegated && !otherNegated)
        return sets.within ? Relation::all : sets.apart ? Relation::none : Relation::some;
    if (!wantedNegated)
        return sets.apart ? Relation::all : sets.within ? Relation::none : Relation::some;
    if (!otherNegated)
        return sets.contains ? Relation::none : Relation::some;
    return sets.contains ? Relation::all : Relation::some;
}

/// True when every name that `inner` stands for, `outer` stands for as well; negation apart.
bool covers(const InterfaceMatch& outer, const InterfaceMatch& inner)
{
    if (outer.prefix)
        return std::string_view(inner.name).starts_with(outer.name);
    return !inner.prefix && inner.name == outer.name;
}

Relation relationOf(const InterfaceMatch& wanted, const InterfaceMatch& other)
{
    Sets sets{.within = covers(other, wanted), .contains = covers(wanted, other)};
    sets.apart = !sets.within && !sets.contains;
    return relationOf(sets, wanted.negated, other.negated);
}

bool samePrefix(const AddressMatch& a, const AddressMatch& b, std::uint8_t bits)
{
    for (std::size_t i = 0; i < a.address.size() && bits > 0; ++i) {
        const unsigned here = std::min<unsigned>(bits, 8);
        const unsigned mask = 0xff00U >> here & 0xffU;
        if (((a.address[i] ^ b.address[i]) & mask) != 0)
            return false;
        bits = static_cast<std::uint8_t>(bits - here);
    }
    return true;
}

Relation relationOf(const AddressMatch& wanted, const AddressMatch& other)
{
    const bool related =
        samePrefix(wanted, other, std::min(wanted.prefixLength, other.prefixLength));
    const Sets sets{
        .within = related && other.prefixLength <= wanted.prefixLength,
        .contains = related && wanted.prefixLength <= other.prefixLength,
        .apart = !related};
    return relationOf(sets, wanted.negated, other.negated);
}

Relation relationOf(std::uint8_t wanted, std::uint8_t other)
{
    return wanted == other ? Relation::all : Relation::none;
}

Relation relationOf(PortRange wanted, PortRange other)
{
    return relationOf(
        Sets{
            .within = other.first <= wanted.first && wanted.last <= other.last,
            .apart = wanted.last < other.first || other.last < wanted.first},
        false,
        false);
}

template <class Value>
Relation relationOf(const std::optional<Value>& wanted, const std::optional<Value>& other)
{
    if (!other)
        return Relation::all;
    return wanted ? relationOf(*wanted, *other) : Relation::some;
}

Relation relationOf(CtStates wanted, CtStates other)
{
    const auto bitsOf = [](CtStates states) { return static_cast<std::uint8_t>(states); };
    if (other == CtStates::none)
        return Relation::all;
    if (wanted == CtStates::none)
        return Relation::some;
    const bool within = (bitsOf(wanted) & ~bitsOf(other)) == 0;
    const bool apart = (bitsOf(wanted) & bitsOf(other)) == 0;
    return within ? Relation::all : apart ? Relation::none : Relation::some;
}

/// What is not constant between the two places tells something only when it is not asked for.
Relation unless(bool constant, bool asked, Relation relation)
{
    return constant || !asked ? relation : Relation::some;
}

/// Nothing that came in through the loopback interface is forwarded: it keeps the route that it was
/// sent by (net/ipv4/ip_input.c, skb_valid_dst), which leads to this host.
bool isLoopback(const std::optional<InterfaceMatch>& match)
{
    return match && !match->negated && !match->prefix && match->name == "lo";
}

bool otherVersion(const std::optional<AddressMatch>& address, Version version)
{
    return address && address->version != version;
}

} // namespace

Relation relate(const Match& wanted, const Match& other, Version version, Constant constant)
{
    if (otherVersion(other.source, version) || otherVersion(other.destination, version))
        return Relation::none;
    if (isLoopback(other.inInterface) && (!wanted.inInterface || wanted.inInterface->negated))
        return Relation::none;
    const bool destination = constant.destination;
    return std::min(
        {relationOf(wanted.inInterface, other.inInterface),
         unless(
             constant.outInterface,
             other.outInterface.has_value(),
             relationOf(wanted.outInterface, other.outInterface)),
         relationOf(wanted.source, other.source),
         unless(
             destination,
             other.destination.has_value(),
             relationOf(wanted.destination, other.destination)),
         relationOf(wanted.protocol, other.protocol),
         relationOf(wanted.sourcePort, other.sourcePort),
         unless(
             destination,
             other.destinationPort.has_value(),
             relationOf(wanted.destinationPort, other.destinationPort)),
         other.mark ? Relation::some : Relation::all,
         unless(
             constant.ctState,
             other.ctState != CtStates::none,
             relationOf(wanted.ctState, other.ctState))});
}

} // namespace fwdguard
