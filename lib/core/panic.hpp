// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/survey.hpp"

#include <string_view>

namespace fwdguard {

/// The beginning of the reason when the policy of this base chain drops because of `firewall-cmd
/// --panic-on`, else nothing. firewalld's nftables backend makes a table for that. Its iptables
/// backend sets DROP in every chain of iptables, those of raw and mangle among them, which nobody
/// else does; it does the same while it reloads (build_set_policy_rules in its nftables.py and
/// ipXtables.py).
[[nodiscard]] std::string_view panicWords(const Survey& survey, const SurveyedChain& base);

} // namespace fwdguard
