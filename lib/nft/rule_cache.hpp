// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/types.hpp"
#include "nft/attributes.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace fwdguard::nft {

/// A rule in the kernel's language, but for its counters and its neighbour.
class EncodedRule {
  public:
    explicit EncodedRule(std::shared_ptr<const DeclaredRule> rule);

    /// Whether this is what that rule is encoded as.
    [[nodiscard]] bool isOf(const std::shared_ptr<const DeclaredRule>& rule) const
    {
        return rule_ == rule;
    }

    /// What stands behind the header of NFT_MSG_NEWRULE; valid until the next call.
    [[nodiscard]] Bytes attributes(const Counters& counters);

  private:
    std::shared_ptr<const DeclaredRule> rule_;
    std::vector<std::uint8_t> attributes_;
    std::size_t packetsAt_ = 0; ///< where the counters' numbers are in attributes_
    std::size_t bytesAt_ = 0;
};

/// Rules that were put in the kernel before: they are put there again and again, and encoding one
/// costs more than all other parts of a repair outside the kernel.
class RuleCache {
  public:
    /// Encodes the rule unless it is as it was the last time. Valid until the next call.
    [[nodiscard]] EncodedRule& ruleOf(const std::shared_ptr<const DeclaredRule>& rule);

  private:
    std::map<RuleKey, EncodedRule> rules_;
};

} // namespace fwdguard::nft
