// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/lock_wait.hpp"

#include <algorithm>

namespace fwdguard {

namespace {

constexpr std::chrono::milliseconds firstDelay{10};
constexpr std::chrono::milliseconds lastDelay{1000};

} // namespace

void LockWait::tried(bool locked, Instant now)
{
    if (!locked) {
        over();
        return;
    }
    delay_ = retryAt_ ? std::min(delay_ * 2, lastDelay) : firstDelay;
    retryAt_ = now + delay_;
}

void LockWait::unlocked(Instant now)
{
    if (!retryAt_)
        return;
    retryAt_ = now;
    delay_ = firstDelay / 2; // who lets go of a file's lock may be heard just before it is free
}

} // namespace fwdguard
