// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sys/netns.hpp"
#include "sys/owned_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

namespace fwdguard::sys {

/// Held as long as this process guards the network namespace. The kernel drops it with the process,
/// so that a file left behind means nothing.
class InstanceLock {
  public:
    explicit InstanceLock(OwnedFd file) noexcept : file_(std::move(file)) {}

  private:
    OwnedFd file_;
};

/// Another process guards the namespace already.
struct OtherInstance {
    std::optional<std::uint32_t> pid; ///< absent when it has not said yet
    std::string comm;

    /// "fwd-guard (pid 123) already guards this network namespace".
    [[nodiscard]] std::string describe() const;
};

/// Where the locks are: the first of $RUNTIME_DIRECTORY, else /run/fwd-guard.
[[nodiscard]] std::filesystem::path lockDirectory();

/// Takes `netns-<inode>.lock` in `directory`, which is created (0755) if its parent exists. Never
/// waits. Throws std::system_error when the file cannot be had at all.
[[nodiscard]] std::variant<InstanceLock, OtherInstance>
lockInstance(const NetnsId& netns, const std::filesystem::path& directory = lockDirectory());

} // namespace fwdguard::sys
