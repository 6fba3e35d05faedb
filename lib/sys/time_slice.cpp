// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/time_slice.hpp"

#include <cerrno>
#include <cstdint>

#include <sched.h>
#include <unistd.h>

#include <sys/syscall.h>

namespace fwdguard::sys {

namespace {

/// The first version of the kernel's struct sched_attr. Debian 12's C library has neither it nor
/// the two functions, and its <sched.h> cannot stand beside linux/sched/types.h.
struct Attributes {
    std::uint32_t size = sizeof(Attributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0; ///< of SCHED_OTHER: the time slice, in nanoseconds
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
};
static_assert(sizeof(Attributes) == 48);

} // namespace

std::error_code shortenTimeSlice(pid_t pid)
{
    constexpr std::uint64_t shortest =
        100'000; // the kernel's own bound, in kernel/sched/syscalls.c
    Attributes attributes;
    if (::syscall(SYS_sched_getattr, pid, &attributes, sizeof attributes, 0) != 0)
        return {errno, std::system_category()};
    if (attributes.policy != SCHED_OTHER)
        return {}; // somebody has chosen another way already
    attributes.size = sizeof attributes;
    attributes.runtime = shortest;
    if (::syscall(SYS_sched_setattr, pid, &attributes, 0) != 0)
        return {errno, std::system_category()};
    return {};
}

} // namespace fwdguard::sys
