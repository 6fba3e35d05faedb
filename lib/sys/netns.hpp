// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <filesystem>
#include <optional>
#include <string>

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

/// What to know the calling thread's network namespace by at the next start. The host's own is
/// "host" on each boot; another one is named by boot and cookie, which no later one is given, as
/// an inode number is at once. nullopt where that cannot be told: before Linux 5.14, or where /proc
/// does not name the boot. Throws std::system_error.
[[nodiscard]] std::optional<std::string> lastingNetnsName();

/// Moves the calling thread into the network namespace that `file` stands for (/run/netns/NAME,
/// /proc/PID/ns/net). Throws std::system_error whose text says what was found and what is needed.
void enterNetns(const std::filesystem::path& file);

} // namespace fwdguard::sys
