// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"
#include "nft/messages.hpp"
#include "nft/uapi.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace fwdguard::test {

inline const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};

using Datagram = std::vector<std::uint8_t>;

template <class Value>
void append(Datagram& datagram, const Value& value)
{
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    datagram.insert(datagram.end(), bytes, bytes + sizeof value);
}

void attribute(Datagram& datagram, std::uint16_t type, const Datagram& value);
void name(Datagram& datagram, std::uint16_t type, const std::string& text);

/// A message about nf_tables of which only the length is missing.
[[nodiscard]] Datagram begin(int kind, std::uint8_t family = NFPROTO_IPV4);

/// One about a rule, without what the rule says.
[[nodiscard]] Datagram aboutRule(int kind, std::uint8_t handle, const ChainId& chain = forward);

[[nodiscard]] Datagram announcement(std::uint32_t generation);

/// Gives it to a mirror or the like.
template <class Listener>
void tell(Listener& listener, Datagram datagram)
{
    const auto length = static_cast<std::uint32_t>(datagram.size());
    std::memcpy(datagram.data(), &length, sizeof length);
    nft::MessageReader messages{datagram};
    const auto message = messages.next();
    REQUIRE(message);
    listener.take(*message);
}

template <class Listener>
void announce(Listener& listener, std::uint32_t generation)
{
    tell(listener, announcement(generation));
}

template <class Listener>
void deleted(Listener& listener, std::uint8_t handle, const ChainId& chain = forward)
{
    tell(listener, aboutRule(NFT_MSG_DELRULE, handle, chain));
}

} // namespace fwdguard::test
