// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What the files of /proc/PID say, as functions of their text (proc(5), cgroups(7)).
namespace fwdguard::sys {

/// The innermost *.service or *.scope in the text of /proc/PID/cgroup: from the unified hierarchy
/// ("0::"), else from systemd's own of version 1 ("name=systemd").
[[nodiscard]] std::optional<std::string> unitOfCgroups(std::string_view text);

/// Field 4 of /proc/PID/stat; the command in field 2 may itself hold spaces and parentheses.
/// Nothing for pid 0, which stands for "no parent here".
[[nodiscard]] std::optional<std::uint32_t> parentPidOfStat(std::string_view text);

/// "Tgid:" of /proc/PID/status: the process that a thread belongs to.
[[nodiscard]] std::optional<std::uint32_t> processIdOfStatus(std::string_view text);

/// The most of a command line that is kept, in bytes of the result.
inline constexpr std::size_t maxCommandLine = 4096;

/// /proc/PID/cmdline with spaces between the arguments and control characters as \xNN; cut with
/// "..." at maxCommandLine. Nothing when empty (kernel threads, zombies).
[[nodiscard]] std::optional<std::string> commandLineOf(std::string_view text);

} // namespace fwdguard::sys
