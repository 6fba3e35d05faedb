// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/flow.hpp"

#include <memory>

struct nftnl_rule;

namespace fwdguard::nft {

struct RuleDeleter {
    void operator()(nftnl_rule* rule) const noexcept;
};
using RulePointer = std::unique_ptr<nftnl_rule, RuleDeleter>;

/// A declared rule with its tag and a counter at zero, but not its place. In tables of iptables-nft
/// only expressions that iptables 1.8.9 and later read back as what they are. Takes rules for which
/// cannotExpress() has no objection. Throws std::bad_alloc.
[[nodiscard]] RulePointer encode(const DeclaredRule& rule);

/// The rule that sets a mark, for a chain of a table of our own. Throws std::bad_alloc.
[[nodiscard]] RulePointer encode(const MarkRule& rule, const ChainId& chain);

} // namespace fwdguard::nft
