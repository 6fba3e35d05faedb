// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"

#include <optional>
#include <string>

namespace fwdguard::nft {

/// True for the tables that iptables-nft manages: their rules must stay readable to `iptables -S`.
[[nodiscard]] bool isIptablesTable(const ChainId& chain);

/// Why nf_tables, or iptables reading its own table, cannot say this rule; nullopt when they can.
/// The reason is for the administrator who wrote the rule.
[[nodiscard]] std::optional<std::string> cannotExpress(const DeclaredRule& rule);

} // namespace fwdguard::nft
