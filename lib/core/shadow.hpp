// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/survey.hpp"

#include <optional>
#include <string>

namespace fwdguard {

/// A declared rule that is in place and cannot work.
struct Shadow {
    RuleKey key{};
    std::string reason{}; ///< what drops its packets, for people
    bool operator==(const Shadow&) const = default;
};

/// Whether and why a declared accept rule that is in place lets nothing through: a base chain that
/// its packets have to pass drops every one of them, by its policy or by a rule, and holds no rule
/// before that which could accept one. Or it drops every packet that begins a connection, there and
/// on the way back, so that there is none to belong to, and every packet that belongs to none.
///
/// nullopt unless that is certain: conditions that are not understood may be met or not, rules and
/// chains that are not understood may accept. A rule that sees both IP versions and names no
/// address counts by IPv4.
[[nodiscard]] std::optional<Shadow> shadowOf(const DeclaredRule& rule, const Survey& survey);

} // namespace fwdguard
