// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace fwdguard::bench {

/// Measured times, in nanoseconds.
class Samples {
  public:
    void add(std::chrono::nanoseconds time) { times_.push_back(time); }
    void add(const Samples& more);
    [[nodiscard]] std::size_t count() const { return times_.size(); }

    /// In microseconds; `share` 0.5 is the median, 1 the maximum. Needs at least one sample.
    [[nodiscard]] double quantile(double share) const;

    /// The share that is above `limit`.
    [[nodiscard]] double above(std::chrono::nanoseconds limit) const;

  private:
    std::vector<std::chrono::nanoseconds> times_{};
};

} // namespace fwdguard::bench
