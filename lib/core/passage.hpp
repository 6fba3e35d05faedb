// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/relation.hpp"
#include "core/survey.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace fwdguard {

/// The packets whose way is followed.
struct Packets {
    Match match{};
    AddressMatch::Version version = AddressMatch::Version::v4;
    bool mayBeTranslated = true; ///< the destination of their connection
};

/// Follows packets through one base chain and the chains it leads to, without knowing more of them
/// than `packets` says. Refers to its arguments, which must outlive it.
class Passage {
  public:
    Passage(const Survey& survey, const Packets& packets, Constant constant)
        : survey_(survey), packets_(packets), constant_(constant)
    {
    }

    /// The rule or policy that drops the last of the packets, in words; nullopt unless it is
    /// certain that none of them leaves the base chain.
    [[nodiscard]] std::optional<std::string> endsAt(const SurveyedChain& base);

  private:
    /// What becomes of them in one chain.
    struct Outcome {
        bool mayBeAccepted = false;
        bool mayComeBack = false;             ///< to the caller, or to the policy
        const SurveyedChain* chain = nullptr; ///< of the rule that drops the last of them
        std::size_t rule = 0;
    };

    [[nodiscard]] Outcome through(const SurveyedChain& chain, int depth);
    [[nodiscard]] Outcome
    throughTarget(const SurveyedChain& from, const SurveyedRule& rule, int depth);

    const Survey& survey_;
    const Packets& packets_;
    Constant constant_;
    std::map<const SurveyedChain*, Outcome> known_;
};

/// Whether a nat base chain of prerouting may translate the destination of one of the packets,
/// before they get where `packets` says what they look like.
[[nodiscard]] bool mayTranslate(const Survey& survey, const Packets& packets);

/// Whether packets of that version pass the chain.
[[nodiscard]] bool sees(const SurveyedChain& chain, AddressMatch::Version version);

/// The chain of this name, or nullptr.
[[nodiscard]] const SurveyedChain* find(const Survey& survey, const ChainId& chain);

} // namespace fwdguard
