// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard {

/// The hooks that a forwarded packet passes before and while it is forwarded, in that order.
enum class Hook : std::uint8_t { prerouting, forward };

/// What a rule does with a packet that it matches.
enum class Effect : std::uint8_t {
    carryOn, ///< nothing that ends or turns its way: counts, logs, marks
    accept,
    drop,
    reject,
    returnBack,
    jump,
    goTo,
    unknown, ///< anything, as far as we know
};

/// A rule as a survey sees it, whoever wrote it.
struct SurveyedRule {
    std::optional<Match> match{}; ///< nullopt: it has a condition that is not understood
    Effect effect = Effect::unknown;
    std::string target{}; ///< only for jump and goTo
    std::string id{};     ///< of our tag, else empty
    /// It also wants the destination of the packet's connection to be translated.
    bool translated = false;
    bool sameRule = false; ///< it is the rule before it, with another verdict
    bool operator==(const SurveyedRule&) const = default;
};

/// Where a base chain hangs.
struct BaseHook {
    Hook hook = Hook::forward;
    std::int32_t priority = 0;
    Policy policy = Policy::accept;
    bool nat = false; ///< of type nat: it sees the packets that begin a connection
    bool operator==(const BaseHook&) const = default;
};

struct SurveyedChain {
    ChainId chain{};
    std::optional<BaseHook> base{}; ///< nullopt: a regular chain
    std::vector<SurveyedRule> rules{};
    bool unread = false; ///< too long to be read: its rules may do anything
    bool operator==(const SurveyedChain&) const = default;
};

/// All filter base chains of both hooks in the families that see IP packets, and the chains that
/// their rules lead to, at one generation; when a rule asks for translated destinations, the nat
/// base chains of prerouting as well. Sorted by `chain`.
struct Survey {
    std::vector<SurveyedChain> chains{};
    bool unseenNat = false; ///< destinations may be translated by what is not in `chains`
    bool operator==(const Survey&) const = default;
};

} // namespace fwdguard
