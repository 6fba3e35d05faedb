// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/survey.hpp"

#include <optional>
#include <span>
#include <vector>

namespace fwdguard {

/// What Docker's nftables backend does with what comes for one of its networks from elsewhere.
struct IntoBridge {
    std::vector<MarkMatch> marks{}; ///< lets pass what has one of these
    bool dropsRest = false; ///< whatever no other rule lets pass; not so in "nat-unprotected" mode
    bool operator==(const IntoBridge&) const = default;
};

/// The same, from its chain "filter-forward-in__BRIDGE". Rules for some packets only (an internal
/// network's, those of published ports) say nothing of it.
[[nodiscard]] IntoBridge intoBridge(std::span<const SurveyedRule> rules);

/// What a chain drops, a match each; nullopt where a condition is not understood.
[[nodiscard]] std::vector<std::optional<Match>> dropsOf(std::span<const SurveyedRule> rules);

} // namespace fwdguard
