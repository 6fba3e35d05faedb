// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "xtables/unique_fd.hpp"

#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace fwdguard::xtables {

/// Legacy tables of a family cannot be looked at now. A module loaded later may change that.
struct Unavailable {
    std::error_code
        error;          ///< ENOPROTOOPT: the kernel has no legacy tables; EACCES: not ours to list
    std::string reason; ///< for people
};

/// The names of the tables that exist.
using LiveTables = std::variant<std::vector<std::string>, Unavailable>;

/// Lists the legacy tables of a network namespace, the one where it first does, without creating
/// any: every other way to ask for a table instantiates it (net/netfilter/x_tables.c,
/// xt_find_table_lock). Reads /proc/self/net/ip_tables_names or ip6_tables_names, which are 0440
/// root:root: the group is enough. Keeps them open, since a repair looks twice and to open one
/// costs several times what reading it does.
class TableLists {
  public:
    [[nodiscard]] LiveTables read(Family family);

  private:
    UniqueFd ip_;
    UniqueFd ip6_;
};

/// The lines of such a file.
[[nodiscard]] std::vector<std::string> parseTableNames(std::string_view text);

} // namespace fwdguard::xtables
