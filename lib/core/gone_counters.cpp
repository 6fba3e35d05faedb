// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/gone_counters.hpp"

#include <algorithm>

namespace fwdguard {

GoneCounters::GoneCounters(std::span<const GoneRule> gone)
{
    sorted_.reserve(gone.size());
    for (const GoneRule& rule : gone)
        sorted_.emplace_back(rule.id, rule.counters);
    std::ranges::sort(sorted_);
}

std::optional<Counters> GoneCounters::of(std::string_view id) const
{
    const auto behind = std::ranges::upper_bound(sorted_, id, {}, &Entry::first);
    if (behind == sorted_.begin() || std::prev(behind)->first != id)
        return std::nullopt;
    return std::prev(behind)->second;
}

} // namespace fwdguard
