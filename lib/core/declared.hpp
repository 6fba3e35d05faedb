// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/types.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard {

/// Where in its chain a declared rule belongs.
struct Position {
    enum class Kind : std::uint8_t { head, tail, before, after, anywhere };

    Kind kind = Kind::head;
    std::string chain; ///< before, after: the chain that the anchor, a foreign rule, jumps to
    bool operator==(const Position&) const = default;
};

/// "head", "tail", "before:KUBE-FORWARD", "after:…", "anywhere": the configuration's spelling.
[[nodiscard]] std::string toString(const Position& position);

/// Names one rule or policy that is held. A configuration rule for several families is one declared
/// rule in each of them, all with the same id; one that is held in both backends has a key in each.
struct RuleKey {
    std::string id{};
    Family family = Family::ip;
    BackendKind backend = BackendKind::nfTables;
    auto operator<=>(const RuleKey&) const = default;
};

/// In which backend a rule is held. `automatic`: wherever its chain is, in both if need be.
enum class BackendChoice : std::uint8_t { nfTables, legacy, automatic };

struct DeclaredRule {
    RuleKey key{};   ///< of nf_tables, whatever the choice; so is the chain
    ChainId chain{}; ///< chain.family == key.family
    Position position{};
    RuleBody body{};
    BackendChoice backend = BackendChoice::nfTables;
    bool operator==(const DeclaredRule&) const = default;
};

/// A base chain's policy, held as an invariant. Its key's id is given by the configuration layer.
struct DeclaredPolicy {
    RuleKey key{};
    ChainId chain{};
    Policy policy = Policy::accept;
    BackendChoice backend = BackendChoice::nfTables;
    bool operator==(const DeclaredPolicy&) const = default;
};

/// More than `burst` repairs of one rule within `window` make it contested; from then on each
/// repair waits, the wait doubles up to `maxDelay`, and `window` without damage ends it.
struct PacingLimits {
    std::uint32_t burst = 50;
    std::chrono::milliseconds window{10'000};
    std::chrono::milliseconds maxDelay{5'000};
    bool operator==(const PacingLimits&) const = default;
};

/// Whether the rules stay in the kernel when the guard stops.
enum class OnStop : std::uint8_t { keep, remove };

/// Whether damage is repaired, or only told.
enum class Mode : std::uint8_t { guard, observe };

/// "guard", "observe".
[[nodiscard]] std::string_view toString(Mode mode);

/// Everything the guard is to hold, and how. The order of `rules` is the configuration's order.
struct Declaration {
    std::vector<DeclaredRule> rules{};
    std::vector<DeclaredPolicy> policies{};
    PacingLimits pacing{};
    std::chrono::milliseconds sweep{60'000}; ///< how often to look without being told; 0: never
    OnStop onStop = OnStop::keep;
    Mode mode = Mode::guard;
    bool operator==(const Declaration&) const = default;
};

/// Whether anything that is declared may be held in legacy tables.
[[nodiscard]] bool wantsLegacy(const Declaration& declaration);

/// Our rule comment is this prefix and the rule id.
inline constexpr std::string_view tagPrefix = "fwd-guard:";

/// Longest rule id in bytes. With the prefix it stays below the 100 characters that iptables, nft
/// and both kernel encodings keep whole.
inline constexpr std::size_t maxRuleIdLength = 64;

/// The rule id in a comment, or an empty view when the comment is not a tag.
[[nodiscard]] std::string_view ruleIdOfComment(std::string_view comment);

} // namespace fwdguard
