// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"

#include <cstdint>
#include <optional>

namespace fwdguard::xtables {

/// The conntrack match's bits for these states (linux/netfilter/xt_conntrack.h).
[[nodiscard]] std::uint16_t stateMask(CtStates states);

/// The states of such bits; nullopt when there are others among them (SNAT, DNAT), or none.
[[nodiscard]] std::optional<CtStates> statesOf(std::uint16_t mask);

} // namespace fwdguard::xtables
