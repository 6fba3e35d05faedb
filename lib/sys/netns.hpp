// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <filesystem>

#include <sys/types.h>

namespace fwdguard::sys {

/// Names a network namespace on this machine, until the next boot.
struct NetnsId {
    dev_t device = 0;
    ino_t inode = 0;
    auto operator<=>(const NetnsId&) const = default;
};

/// The calling thread's network namespace.
[[nodiscard]] NetnsId currentNetns();

/// Moves the calling thread into the network namespace that `file` stands for (/run/netns/NAME,
/// /proc/PID/ns/net). Throws std::system_error whose text says what was found and what is needed.
void enterNetns(const std::filesystem::path& file);

} // namespace fwdguard::sys
