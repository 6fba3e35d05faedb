// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

#include <sys/types.h>

namespace fwdguard::fire {

/// What a process of one thread has spent so far.
[[nodiscard]] std::chrono::nanoseconds cpuOf(pid_t pid);

} // namespace fwdguard::fire
