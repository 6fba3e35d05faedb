// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ctl/json_text.hpp"

#include <string>

namespace fwdguard::ctl {

/// The status JSON for people: a few lines about the guard, then one row a rule with its last
/// incident in words below, then the flows. No line is wider than 80 columns; with and without
/// colour the columns are the same.
[[nodiscard]] std::string statusTable(const Json& status, bool colour);

/// Whether the rule, or the flow, of the status JSON is in place.
[[nodiscard]] bool inPlace(const Json& ruleOrFlow);

/// The flows of the status JSON; an older daemon has none.
[[nodiscard]] Json flowsOf(const Json& status);

/// Whether the rule is in place, or waits for a chain that a flow which is in place can do without.
[[nodiscard]] bool settled(const Json& rule, const Json& status);

/// Whether every flow is in place and every rule settled.
[[nodiscard]] bool allInPlace(const Json& status);

/// "1 of 2 rules", and "1 of 1 flows" where there are any: how many are in place, and what waits
/// although all is settled.
[[nodiscard]] std::string inPlaceLine(const Json& status);

} // namespace fwdguard::ctl
