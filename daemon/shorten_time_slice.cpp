// SPDX-License-Identifier: GPL-2.0-or-later
// shorten-time-slice PID: what fwd-guard does for itself where it may. Its unit calls this as root.
#include "exit_status.hpp"
#include "sys/time_slice.hpp"

#include <charconv>
#include <cstdio>
#include <string_view>

using namespace fwdguard;

int main(int argc, char** argv)
{
    pid_t pid = 0;
    const std::string_view argument = argc == 2 ? argv[1] : "";
    const auto [end, wrong] =
        std::from_chars(argument.data(), argument.data() + argument.size(), pid);
    if (wrong != std::errc{} || end != argument.data() + argument.size() || pid <= 0) {
        std::fputs("usage: shorten-time-slice PID\n", stderr);
        return daemon::usage;
    }
    if (const std::error_code error = sys::shortenTimeSlice(pid)) {
        std::fprintf(stderr, "shorten-time-slice: process %d: %s\n", pid, error.message().c_str());
        return daemon::failed;
    }
    return daemon::done;
}
