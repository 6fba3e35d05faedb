// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <variant>

namespace fwdguard::xtables {

/// $XTABLES_LOCKFILE, else /run/xtables.lock: what iptables 1.8 locks.
[[nodiscard]] std::filesystem::path defaultLockFile();

/// Held while it lives.
class XtablesLock {
  public:
    explicit XtablesLock(UniqueFd file) : file_(std::move(file)) {}

  private:
    UniqueFd file_;
};

/// ETIMEDOUT: somebody else held the lock for the whole time. Anything else: the file cannot be
/// opened, or the wait not be limited.
using LockResult = std::variant<XtablesLock, std::error_code>;

/// Takes the lock as iptables does: flock(LOCK_EX) on the file, created 0600 when it is not there.
/// Waits at most `atMost`.
[[nodiscard]] LockResult
acquireLock(const std::filesystem::path& path, std::chrono::milliseconds atMost);

/// Takes the lock whenever it is wanted, and waits for each holder once only: whoever did not let
/// go in that time may never do.
class LockTaker {
  public:
    /// As acquireLock().
    [[nodiscard]] LockResult
    take(const std::filesystem::path& path, std::chrono::milliseconds atMost);

    /// Who had the lock when take() last came to nothing; 0: that could not be seen.
    [[nodiscard]] std::optional<std::uint32_t> holder() const { return holder_; }

  private:
    UniqueFd file_; ///< kept while others hold the lock: closing it sounds like letting go of that
    std::optional<std::uint32_t> holder_;
};

/// The process that holds a flock on this file; nullopt when there is none, or none that
/// /proc/locks shows here (the holder may be in another pid namespace).
[[nodiscard]] std::optional<std::uint32_t> lockHolder(const std::filesystem::path& path);

/// The same, from the text of /proc/locks.
[[nodiscard]] std::optional<std::uint32_t> lockHolderIn(
    std::string_view locks,
    unsigned int deviceMajor,
    unsigned int deviceMinor,
    std::uint64_t inode);

} // namespace fwdguard::xtables
