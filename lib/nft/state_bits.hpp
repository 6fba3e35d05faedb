// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace fwdguard::nft {

/// How a connection state is encoded, natively and in iptables' conntrack match
/// (linux/netfilter/nf_conntrack_common.h, xt_conntrack.h).
struct StateBits {
    CtStates state;
    std::uint32_t native;
    std::uint16_t compat;
};
inline constexpr std::array<StateBits, 5> stateBits{{
    {CtStates::invalid, 1U << 0, 1U << 0},
    {CtStates::established, 1U << 1, 1U << 1},
    {CtStates::related, 1U << 2, 1U << 2},
    {CtStates::newly, 1U << 3, 1U << 3},
    {CtStates::untracked, 1U << 6, 1U << 8},
}};

/// Translates one encoding of a set of states; nullopt when it holds a bit that is none of ours.
template <class Number>
[[nodiscard]] constexpr std::optional<CtStates>
statesOfBits(Number bits, Number StateBits::*encoding)
{
    CtStates states = CtStates::none;
    for (const StateBits& each : stateBits) {
        if ((bits & each.*encoding) == 0)
            continue;
        states = states | each.state;
        bits = static_cast<Number>(bits & ~(each.*encoding));
    }
    return bits == 0 ? std::optional{states} : std::nullopt;
}

template <class Number>
[[nodiscard]] constexpr Number bitsOfStates(CtStates states, Number StateBits::*encoding)
{
    Number bits = 0;
    for (const StateBits& each : stateBits)
        if (contains(states, each.state))
            bits = static_cast<Number>(bits | each.*encoding);
    return bits;
}

} // namespace fwdguard::nft
