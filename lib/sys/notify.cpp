// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/notify.hpp"

#include <chrono>
#include <string>

#include <systemd/sd-daemon.h>

namespace fwdguard::sys {

namespace {

/// Each assignment is a line, so a value must be one.
std::string statusLine(std::string_view status)
{
    std::string line = "STATUS=";
    for (const char c : status)
        line += c == '\n' ? ' ' : c;
    return line;
}

} // namespace

void notifyReady(std::string_view status)
{
    sd_notify(0, ("READY=1\n" + statusLine(status)).c_str());
}

void notifyReloading()
{
    using std::chrono::microseconds;
    // steady_clock is CLOCK_MONOTONIC, which is what the service manager compares with.
    const auto now = std::chrono::duration_cast<microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count())).c_str());
}

void notifyStopping()
{
    sd_notify(0, "STOPPING=1");
}

void notifyStatus(std::string_view status)
{
    sd_notify(0, statusLine(status).c_str());
}

} // namespace fwdguard::sys
