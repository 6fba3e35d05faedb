// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/types.hpp"
#include "nft/attributes.hpp"
#include "nft/rule_message.hpp"

#include <optional>
#include <span>

namespace fwdguard::nft {

struct DecodedRule {
    std::optional<RuleBody> body; ///< nullopt: it says something that no declared rule can
    Counters counters;            ///< zero when it has no counter
    bool operator==(const DecodedRule&) const = default;
};

/// Reads an NFTA_RULE_EXPRESSIONS nest. Whatever encoding iptables-nft, nft or encode() chose, the
/// same rule gives the same body; one expression that is not understood gives none.
[[nodiscard]] DecodedRule decode(Bytes expressions, Family family);

/// What a rule has counted; zero when it has no counter.
[[nodiscard]] Counters countersOf(Bytes expressions);

/// As decode() for the conditions alone; nullopt when one of them is not understood.
[[nodiscard]] std::optional<Match>
decodeConditions(std::span<const Expression> conditions, Family family);

/// The verdict that an `immediate` expression gives; nullopt when it gives none that a declared
/// rule could.
[[nodiscard]] std::optional<Verdict> verdictOf(Bytes data);

} // namespace fwdguard::nft
