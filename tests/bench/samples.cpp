// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/samples.hpp"

#include <algorithm>

namespace fwdguard::bench {

void Samples::add(const Samples& more)
{
    times_.insert(times_.end(), more.times_.begin(), more.times_.end());
}

double Samples::quantile(double share) const
{
    std::vector<std::chrono::nanoseconds> sorted = times_;
    std::ranges::sort(sorted);
    const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
    return std::chrono::duration<double, std::micro>(sorted[index]).count();
}

double Samples::above(std::chrono::nanoseconds limit) const
{
    const auto count = std::ranges::count_if(times_, [limit](auto time) { return time > limit; });
    return static_cast<double>(count) / static_cast<double>(times_.size());
}

} // namespace fwdguard::bench
