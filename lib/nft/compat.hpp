// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "nft/attributes.hpp"
#include "nft/conditions.hpp"

#include <cstdint>
#include <vector>

namespace fwdguard::nft {

/// Revision of iptables' conntrack match that conntrackInfo() is for.
inline constexpr std::uint32_t conntrackRevision = 3;

/// iptables' "-m conntrack --ctstate": struct xt_conntrack_mtinfo3, padded as x_tables wants it.
[[nodiscard]] std::vector<std::uint8_t> conntrackInfo(CtStates states);

/// Takes in the attributes of a `match` expression: iptables' own matches inside nf_tables. False
/// when it is one that no declared rule can say.
[[nodiscard]] bool readCompatMatch(Conditions& conditions, Bytes match);

} // namespace fwdguard::nft
