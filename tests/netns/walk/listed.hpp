// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/walk/firewall.hpp"

#include <string>

namespace fwdguard::test {

/// What nft does not show of a rule: the words in a comment that iptables wrote.
inline constexpr const char* unreadComment = "?";

/// What `nft -j -a -s list …` printed. A rule whose comment nft does not show has the id
/// unreadComment.
[[nodiscard]] walk::Listing listedByNft(const std::string& json);

} // namespace fwdguard::test
