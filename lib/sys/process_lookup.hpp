// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"

#include <filesystem>

namespace fwdguard::sys {

/// Looks processes up in /proc while they are still there.
class ProcessLookup {
  public:
    /// `proc` is where procfs is mounted.
    explicit ProcessLookup(std::filesystem::path proc = "/proc");

    /// What can be known of the committer: always its announced pid and comm; the rest only if
    /// /proc still shows the same process. Never throws for a process that is gone or hidden.
    [[nodiscard]] Cause identify(const Committer& committer) const;

    /// Whether the pids that the kernel announces (those of the initial pid namespace) are the pids
    /// of this /proc. If not, only pid and comm are ever known.
    [[nodiscard]] bool seesAnnouncedPids() const noexcept { return initialPidNamespace_; }

  private:
    std::filesystem::path proc_;
    bool initialPidNamespace_;
};

} // namespace fwdguard::sys
