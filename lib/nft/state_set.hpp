// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "nft/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard::nft {

/// What a `lookup` expression asks.
struct Lookup {
    std::string_view set{};
    std::uint32_t source = 0; ///< the register that it looks up
    bool inverted = false;    ///< met when it is not found
    bool verdict = false;     ///< the set is a map, and gives the verdict
};

/// nullopt for one that loads a register, and for garbage.
[[nodiscard]] std::optional<Lookup> parseLookup(Bytes data);

/// A set of connection states, or a map of them to verdicts, as a rule has it between braces:
/// nobody can change it but with the rule.
struct StateSet {
    struct Element {
        CtStates state{};
        std::optional<Verdict> verdict{}; ///< present in each one or in none
        bool operator==(const Element&) const = default;
    };

    std::string name{};
    std::vector<Element> elements{};
    bool operator==(const StateSet&) const = default;
};

/// What NFT_MSG_NEWSET says of one set.
struct SetListed {
    std::uint16_t generationLow = 0;
    bool fixed = false;    ///< constant and anonymous, with plain keys as long as a state
    bool verdicts = false; ///< it is a map of them
};

/// nullopt for every other message and for garbage.
[[nodiscard]] std::optional<SetListed> parseListedSet(const Message& message);

/// What NFT_MSG_NEWSETELEM says of a set's elements.
struct ElementsListed {
    std::uint16_t generationLow = 0;
    /// nullopt: one of them is no single state, or has more to it than a verdict.
    std::optional<std::vector<StateSet::Element>> elements{};
};

/// nullopt for every other message and for garbage.
[[nodiscard]] std::optional<ElementsListed> parseListedElements(const Message& message);

} // namespace fwdguard::nft
