// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

#include <sys/types.h>

namespace fwdguard::fire {

/// Whether the programs under test are built with AddressSanitizer, which costs time and memory of
/// its own.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// What a process of one thread has spent so far.
[[nodiscard]] std::chrono::nanoseconds cpuOf(pid_t pid);

} // namespace fwdguard::fire
