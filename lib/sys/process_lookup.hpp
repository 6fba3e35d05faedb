// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace fwdguard::sys {

/// Files of /proc/PID as they were read; absent: could not be read, or of another process.
struct Traces {
    std::optional<std::string> stat{};
    std::optional<std::string> cmdline{};
    std::optional<std::string> cgroup{};
    std::optional<std::string> exe{};
};

/// Looks processes up in /proc while they are still there.
class ProcessLookup {
  public:
    /// `proc` is where procfs is mounted.
    explicit ProcessLookup(std::filesystem::path proc = "/proc");

    /// What can be known of the committer: always its announced pid and comm; the rest only if
    /// /proc still shows the same process. Never throws for a process that is gone or hidden.
    [[nodiscard]] Cause identify(const Committer& committer) const;

    /// The little that is worth reading at once of a process that may be gone in a moment.
    [[nodiscard]] Traces tracesOf(const Committer& committer) const;

    /// As above, from traces that were taken while the process was there.
    [[nodiscard]] Cause identify(const Committer& committer, const Traces& traces) const;

    /// Whether the pids that the kernel announces (those of the initial pid namespace) are the pids
    /// of this /proc. If not, only pid and comm are ever known.
    [[nodiscard]] bool seesAnnouncedPids() const noexcept { return initialPidNamespace_; }

  private:
    /// The process that a thread belongs to.
    [[nodiscard]] std::optional<std::uint32_t> processOf(const Committer& committer) const;

    std::filesystem::path proc_;
    bool initialPidNamespace_;
};

} // namespace fwdguard::sys
