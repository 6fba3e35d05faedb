// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace fwdguard {

/// What deleted rules had counted, by id; of several copies, what the one had that counted most.
/// Points into the rules that it is made of.
class GoneCounters {
  public:
    explicit GoneCounters(std::span<const GoneRule> gone);

    /// nullopt: none of them had this id.
    [[nodiscard]] std::optional<Counters> of(std::string_view id) const;

  private:
    using Entry = std::pair<std::string_view, Counters>;
    std::vector<Entry> sorted_;
};

} // namespace fwdguard
