// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"
#include "xtables/table_id.hpp"

#include <map>
#include <string>
#include <vector>

namespace fwdguard::xtables {

/// A rule with our tag, as its table was read.
struct CountedRule {
    std::string chain;
    std::string id;
    Counters counters;
};

/// What rules with our tag had counted when they were last read. The kernel gives the counters of a
/// table that is replaced to nobody but who replaces it: of a rule that is gone, this is all there
/// is to know.
class LastCounters {
  public:
    /// From now on, this chain's rules are remembered.
    void watch(const ChainId& chain);

    /// A table was read and has these.
    void read(const TableId& table, const std::vector<CountedRule>& rules);

    /// The rules that the chain had once and, as this newest reading of it shows, has no more. Each
    /// is told once.
    [[nodiscard]] std::vector<GoneRule> takeGone(const Snapshot& newest);

    /// Forgets all chains but these.
    void retain(const std::vector<ChainId>& chains);

  private:
    using Known = std::map<std::string, Counters>; ///< by id; of several copies, the most counted

    std::map<TableId, std::map<std::string, Known>> tables_; ///< by chain
};

} // namespace fwdguard::xtables
