// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/rule_body.hpp"
#include "core/types.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace fwdguard::xtables {

/// The rule as a struct ipt_entry or ip6t_entry, byte for byte as iptables-legacy would build it,
/// with its tag as the last match and its target still a name, as libiptc takes it. nullopt when
/// the family's tables cannot express the body.
[[nodiscard]] std::optional<std::vector<std::byte>>
encode(const RuleKey& key, const RuleBody& body, const Counters& counters);

} // namespace fwdguard::xtables
