// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"
#include "xtables/table.hpp"

#include <string>

namespace fwdguard::xtables {

/// One chain of an open table, which must have it; the generation is left 0.
[[nodiscard]] Snapshot readChain(const Table& table, const ChainId& chain, bool withPolicy);

/// True when at least one rule of the chain carries our tag.
[[nodiscard]] bool hasTaggedRule(const Table& table, const ChainId& chain);

} // namespace fwdguard::xtables
