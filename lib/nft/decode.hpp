// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/types.hpp"
#include "nft/attributes.hpp"
#include "nft/rule_message.hpp"

#include <optional>
#include <span>
#include <string_view>

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

/// A set of whose elements something is known.
struct KnownSet {
    std::string_view name{};
    CtStates states{}; ///< that it holds, at least one and no other
};

/// What a rule's conditions say.
struct ObservedMatch {
    Match match{};
    bool translated = false; ///< and of the packet's connection the destination is translated
};

/// As decode() for the conditions alone, and of anybody's rule; nullopt when one of them is not
/// understood. `set` may be nullptr: no lookup is understood then.
[[nodiscard]] std::optional<ObservedMatch>
observeConditions(std::span<const Expression> conditions, Family family, const KnownSet* set);

} // namespace fwdguard::nft
