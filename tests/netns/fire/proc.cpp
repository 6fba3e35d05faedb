// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/fire/proc.hpp"

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>

namespace fwdguard::fire {

std::chrono::nanoseconds cpuOf(pid_t pid)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/schedstat");
    std::int64_t onCpu = 0;
    if (!(in >> onCpu))
        throw std::runtime_error("no /proc/PID/schedstat");
    return std::chrono::nanoseconds{onCpu};
}

} // namespace fwdguard::fire
