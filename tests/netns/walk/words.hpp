// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/walk/change.hpp"
#include "model/walk/firewall.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard::test {

/// Where the rule that a change names is now; nullopt: it is of ours, and gone.
struct Place {
    Handle handle{};
    std::size_t index = 0; ///< 0 is the head
};
using Finder =
    std::function<std::optional<Place>(const ChainId& chain, const walk::WrittenRule& rule)>;

/// A transaction in nft's words, for `nft -f`.
[[nodiscard]] std::string nftWords(const std::vector<walk::Change>& changes, const Finder& find);

/// One change as an iptables command; empty: nothing is to be done.
[[nodiscard]] std::vector<std::string>
iptablesWords(const walk::Change& change, const Finder& find);

/// The whole of the table `ip filter` for iptables-restore, or some lines for its --noflush.
[[nodiscard]] std::string restoreWords(const std::vector<walk::Change>& changes);

} // namespace fwdguard::test
