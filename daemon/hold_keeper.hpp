// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/facts.hpp"
#include "core/types.hpp"
#include "report/log.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard::daemon {

/// Keeps what is held in a file, so that a restart does not end a hold: one file a network
/// namespace, in $STATE_DIRECTORY or else in /var/lib/fwd-guard. A namespace that comes after
/// another one, with its inode number, is not held by what that one has left.
class HoldKeeper {
  public:
    /// Owns nothing; `log` must outlive it. Throws std::system_error.
    explicit HoldKeeper(report::Log& log);

    /// The holds that have not run out. A file that is refused is told of, and holds nothing.
    [[nodiscard]] std::vector<HoldRequested> restore(const Now& now);

    /// Writes these; what goes wrong is told.
    void save(const std::vector<HoldRequested>& holds, const Now& now);

  private:
    report::Log& log_;
    std::optional<std::string> netns_; ///< nullopt: nothing outlives us
    std::filesystem::path file_;
};

} // namespace fwdguard::daemon
