// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/types.hpp"

#include <chrono>
#include <deque>
#include <optional>

namespace fwdguard {

/// How soon one rule may be repaired again. Immediately, until somebody undoes more than `burst`
/// repairs within `window`; then each repair waits twice as long as the one before.
class Pacing {
  public:
    /// The rule was damaged: peace has not come yet. Not to be told again of a damage whose repair
    /// waits.
    void damaged(Instant now) { lastDamage_ = now; }

    /// A repair was acknowledged. True when this one made the rule contested.
    bool repaired(Instant now, const PacingLimits& limits);

    /// Ends a contest after `window` without damage, and when the last repair has lasted as long as
    /// the next one would have waited. True when this call ended one.
    bool calm(Instant now, const PacingLimits& limits);

    [[nodiscard]] bool contested() const { return delay_.count() != 0; }

    /// The next repair may not come before; nullopt: at any time.
    [[nodiscard]] std::optional<Instant> earliestRepair() const;

    /// When calm() is worth calling; nullopt: the rule is not contested.
    [[nodiscard]] std::optional<Instant> calmAt(const PacingLimits& limits) const;

  private:
    std::deque<Instant> repairs_; ///< within the window, oldest first, at most burst + 1
    Instant lastDamage_{};
    Instant lastRepair_{};
    std::chrono::milliseconds delay_{0};
};

} // namespace fwdguard
