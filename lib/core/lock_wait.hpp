// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

#include <chrono>
#include <optional>

namespace fwdguard {

/// When a backend that another process has locked is tried again, if no look comes before. Longer
/// and longer after one that was in vain, at once when somebody has let go of the lock.
class LockWait {
  public:
    /// A commit found it locked, or did not.
    void tried(bool locked, Instant now);

    /// There is nothing to commit.
    void over() { retryAt_.reset(); }

    /// Somebody has let go of the lock: it may, or is just about to, be free.
    void unlocked(Instant now);

    /// nullopt: nothing waits for the lock.
    [[nodiscard]] std::optional<Instant> retryAt() const { return retryAt_; }

  private:
    std::optional<Instant> retryAt_;
    std::chrono::milliseconds delay_{0};
};

} // namespace fwdguard
