// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/pacing.hpp"

#include <algorithm>

namespace fwdguard {

namespace {
constexpr std::chrono::milliseconds firstDelay{10};
} // namespace

bool Pacing::repaired(Instant now, const PacingLimits& limits)
{
    lastRepair_ = now;
    if (contested()) {
        delay_ = std::min(delay_ * 2, limits.maxDelay);
        return false;
    }
    while (!repairs_.empty() && now - repairs_.front() >= limits.window)
        repairs_.pop_front();
    repairs_.push_back(now);
    if (repairs_.size() <= limits.burst)
        return false;
    repairs_.clear();
    delay_ = std::min(firstDelay, limits.maxDelay);
    return true;
}

bool Pacing::calm(Instant now, const PacingLimits& limits)
{
    if (const auto at = calmAt(limits); !at || now < *at)
        return false;
    delay_ = {};
    return true;
}

std::optional<Instant> Pacing::earliestRepair() const
{
    if (!contested())
        return std::nullopt;
    return lastRepair_ + delay_;
}

std::optional<Instant> Pacing::calmAt(const PacingLimits& limits) const
{
    if (!contested())
        return std::nullopt;
    // The last repair has lasted, too: where the delay is longer than the window, its damage was
    // a window ago before it was repaired.
    return std::max(lastDamage_ + limits.window, lastRepair_ + delay_);
}

} // namespace fwdguard
