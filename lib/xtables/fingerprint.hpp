// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/entry.hpp"

#include <compare>
#include <cstdint>
#include <string_view>

namespace fwdguard::xtables {

/// Stands for the whole content of a table except its counters. Legacy tables have no generation:
/// two readings are of the same ruleset when their fingerprints are equal.
struct Fingerprint {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Fingerprint&) const = default;
};

/// Takes a table's chains and rules in order and makes a fingerprint of them. Leaves out what is
/// not the ruleset: counters, and the bytes behind a name's NUL, which the kernel leaves
/// uninitialised.
class Fingerprinter {
  public:
    void addChain(std::string_view name, std::string_view policy);
    /// Returns the rule split, for as long as the next is not added; nullptr: it cannot be.
    const Entry* addRule(Family family, const RuleView& rule);
    [[nodiscard]] Fingerprint result() const;

  private:
    void mix(std::uint64_t word);
    void mix(Bytes bytes);
    void mix(std::string_view text);

    Fingerprint state_{0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f};
    Entry scratch_; ///< keeps its memory from rule to rule
};

} // namespace fwdguard::xtables
