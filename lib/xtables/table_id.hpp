// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

#include <compare>
#include <string>

namespace fwdguard::xtables {

/// Names one legacy table; the family is ip or ip6.
struct TableId {
    Family family = Family::ip;
    std::string table;
    auto operator<=>(const TableId&) const = default;
};

[[nodiscard]] inline TableId tableOf(const ChainId& chain)
{
    return {chain.family, chain.table};
}

} // namespace fwdguard::xtables
