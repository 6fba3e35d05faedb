// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/document.hpp"
#include "config/part.hpp"
#include "config/refusal.hpp"

#include <string_view>
#include <vector>

namespace fwdguard::config {

/// Reads one entry of "rules" and checks what one entry alone can show.
[[nodiscard]] Outcome readRule(const Value& value, RuleEntry& into);

/// Reads one entry of "policies".
[[nodiscard]] Outcome readPolicy(const Value& value, PolicyEntry& into);

/// Reads one entry of "flows" and checks what one entry alone can show.
[[nodiscard]] Outcome readFlow(const Value& value, Flow& into);

/// Reads "auto", "nf_tables" or "legacy".
[[nodiscard]] Parsed<BackendChoice> parseBackend(std::string_view text);

/// Reads the object "match".
[[nodiscard]] Outcome readMatch(const Value& value, Match& into);

/// "ip", or a list of families without repetition.
[[nodiscard]] Outcome readFamilies(const Value& value, std::vector<Family>& into);

[[nodiscard]] std::vector<std::string_view> ruleKeys();
[[nodiscard]] std::vector<std::string_view> policyKeys();
[[nodiscard]] std::vector<std::string_view> flowKeys();
[[nodiscard]] std::vector<std::string_view> matchKeys();

} // namespace fwdguard::config
