// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"

#include <string>
#include <vector>

namespace fwdguard::walk {

/// Where walks happen: two guarded chains in the table of iptables-nft, one in a table that only
/// nft writes, and two chains that foreign rules jump to.
inline const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};
inline const ChainId user{.family = Family::ip, .table = "filter", .chain = "USER"};
inline const ChainId anchor{.family = Family::ip, .table = "filter", .chain = "J"};
inline const ChainId other{.family = Family::ip, .table = "filter", .chain = "K"};
inline const ChainId native{.family = Family::inet, .table = "fw", .chain = "forward"};

/// The chain's name while it is renamed.
[[nodiscard]] inline ChainId renamed(ChainId chain)
{
    chain.chain += "-old";
    return chain;
}

/// How many declarations there are to reload: rules come and go, and change places.
inline constexpr unsigned declarations = 3;

/// `impatient` has the guard take the third repair within ten seconds for a contest.
[[nodiscard]] Declaration declarationOf(unsigned variant, bool impatient);

/// The ids of all rules that any of them declares.
[[nodiscard]] const std::vector<std::string>& allIds();

} // namespace fwdguard::walk
