// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/samples.hpp"

#include <algorithm>

namespace fwdguard::bench {

double Samples::quantile(double share) const
{
    std::vector<std::chrono::nanoseconds> sorted = times_;
    std::ranges::sort(sorted);
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
    return std::chrono::duration<double, std::micro>(sorted[index]).count();
}

} // namespace fwdguard::bench
