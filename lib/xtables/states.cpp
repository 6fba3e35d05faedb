// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/states.hpp"

#include <array>
#include <utility>

#include <linux/netfilter/xt_conntrack.h>

namespace fwdguard::xtables {

namespace {

constexpr std::array<std::pair<CtStates, std::uint16_t>, 5> stateBits{{
    {CtStates::invalid, XT_CONNTRACK_STATE_INVALID},
    {CtStates::established, XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED)},
    {CtStates::related, XT_CONNTRACK_STATE_BIT(IP_CT_RELATED)},
    {CtStates::newly, XT_CONNTRACK_STATE_BIT(IP_CT_NEW)},
    {CtStates::untracked, XT_CONNTRACK_STATE_UNTRACKED},
}};

} // namespace

std::uint16_t stateMask(CtStates states)
{
    unsigned int mask = 0;
    for (const auto& [state, bit] : stateBits)
        if (contains(states, state))
            mask |= bit;
    return static_cast<std::uint16_t>(mask);
}

std::optional<CtStates> statesOf(std::uint16_t mask)
{
    CtStates states = CtStates::none;
    for (const auto& [state, bit] : stateBits)
        if ((mask & bit) != 0)
            states = states | state;
    if (states == CtStates::none || stateMask(states) != mask)
        return std::nullopt;
    return states;
}

} // namespace fwdguard::xtables
