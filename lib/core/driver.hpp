// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/facts.hpp"
#include "core/guard.hpp"
#include "core/kernel.hpp"
#include "core/reporter.hpp"

#include <functional>
#include <optional>

namespace fwdguard {

/// Carries out what the guard wants, through the kernel and the reporter, until there is nothing
/// left to do. Owns neither; both must outlive it.
class Driver {
  public:
    using Clock = std::function<Now()>;

    Driver(Guard& guard, Kernel& kernel, Reporter& reporter, Clock clock);

    /// Feeds one fact and everything that follows from it.
    void handle(const Fact& fact);

    /// Acts on what the kernel announced: call when the kernel's socket is readable.
    void announced();

    /// Looks whether a prepared repair is due, without having been told of a change; true when
    /// there was one.
    bool glance();

    /// When to feed the next Woke; nullopt: never.
    [[nodiscard]] std::optional<Instant> wakeAt() const { return guard_.wakeAt(clock_().instant); }

  private:
    void handle(const Fact& fact, const Now& now);
    [[nodiscard]] bool anticipated(const Now& heard);
    [[nodiscard]] std::optional<Fact> perform(const Action& action);

    Guard& guard_;
    Kernel& kernel_;
    Reporter& reporter_;
    Clock clock_;
    Instant anticipatedAt_{}; ///< when Kernel::anticipate() last had something to commit
};

} // namespace fwdguard
