// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

#include <algorithm>

namespace fwdguard {

/// Time that may be spent on something: one part in so many of all time, saved up to a limit. It
/// begins with all that can be saved.
class Allowance {
  public:
    Allowance(Instant::duration most, int oneIn) : most_{most}, oneIn_{oneIn} {}

    [[nodiscard]] Instant::duration left(Instant now) const
    {
        return std::clamp((now - since_) / oneIn_, Instant::duration::zero(), most_);
    }

    /// More may be spent than was left: that much later there is some again.
    void spend(Instant now, Instant::duration spent)
    {
        since_ = std::max(since_, now - most_ * oneIn_) + spent * oneIn_;
    }

    /// When this much will be left, if nothing is spent until then.
    [[nodiscard]] Instant at(Instant::duration wanted) const { return since_ + wanted * oneIn_; }

  private:
    Instant::duration most_;
    int oneIn_;
    Instant since_{}; ///< all that was not spent comes from the time since then
};

} // namespace fwdguard
