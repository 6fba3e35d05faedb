// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sched.h>

namespace fwdguard::bench {

/// How a restorer gets its processor; for others than itself this is how it was started. Unless
/// told otherwise, as the unit has it. The time slice is the shortest in each case.
struct Scheduling {
    int nice = -20; ///< also of its scheduling group, as CPUWeight= does
    int policy = SCHED_OTHER;
    int priority = 0; ///< of the real-time policies
};

/// Of this process, from here on; of its group as well, which is the session where the kernel makes
/// such groups. False: errno says why.
[[nodiscard]] bool schedule(const Scheduling& scheduling);

/// While it lives, this process and those it starts share one processor: otherwise it is the
/// scheduler's choice, now and then, to wake one that sleeps, which takes longer than a repair.
class OneProcessor {
  public:
    OneProcessor();
    OneProcessor(const OneProcessor&) = delete;
    OneProcessor& operator=(const OneProcessor&) = delete;
    ~OneProcessor();

  private:
    cpu_set_t before_{};
};

} // namespace fwdguard::bench
