// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <system_error>

#include <sys/types.h>

namespace fwdguard::sys {

/// Gives a process, or with 0 the calling one, the shortest time slice of the scheduler, 100 us: on
/// waking up it then comes before who is running with a longer one, and not only when that one's
/// slice is over (Linux 6.12; before, this has no effect). Its share of the processor stays. Leaves
/// other policies than SCHED_OTHER alone. ESRCH where there is no such process, EPERM where it is
/// another user's.
[[nodiscard]] std::error_code shortenTimeSlice(pid_t pid);

} // namespace fwdguard::sys
