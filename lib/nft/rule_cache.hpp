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

/// Where in a buffer the two numbers of a rule's counter are.
struct CounterPlace {
    std::size_t packets = 0;
    std::size_t bytes = 0;
};

void putCounters(std::uint8_t* buffer, const CounterPlace& place, const Counters& counters);

/// A rule in the kernel's language, but for its counters and its neighbour.
class EncodedRule {
  public:
    explicit EncodedRule(std::shared_ptr<const DeclaredRule> rule);

    /// Whether this is what that rule is encoded as.
    [[nodiscard]] bool isOf(const std::shared_ptr<const DeclaredRule>& rule) const
    {
        return rule_ == rule;
    }

    /// What stands behind the header of NFT_MSG_NEWRULE, with counters of 0.
    [[nodiscard]] Bytes attributes() const { return attributes_; }

    /// Within attributes().
    [[nodiscard]] const CounterPlace& counters() const { return counters_; }

  private:
    std::shared_ptr<const DeclaredRule> rule_;
    std::vector<std::uint8_t> attributes_;
    CounterPlace counters_;
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
