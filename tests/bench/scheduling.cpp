// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/scheduling.hpp"

#include "sys/time_slice.hpp"

#include <cstddef>
#include <fstream>

#include <sys/resource.h>

namespace fwdguard::bench {

bool schedule(const Scheduling& scheduling)
{
    const sched_param parameter{.sched_priority = scheduling.priority};
    std::ofstream("/proc/self/autogroup") << scheduling.nice;
    return setpriority(PRIO_PROCESS, 0, scheduling.nice) == 0 &&
           sched_setscheduler(0, scheduling.policy, &parameter) == 0 && !sys::shortenTimeSlice(0);
}

OneProcessor::OneProcessor()
{
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
    sched_setaffinity(0, sizeof one, &one);
}

OneProcessor::~OneProcessor()
{
    sched_setaffinity(0, sizeof before_, &before_);
}

} // namespace fwdguard::bench
