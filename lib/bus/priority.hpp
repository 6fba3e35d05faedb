// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include <systemd/sd-event.h>

namespace fwdguard::bus {

/// D-Bus waits behind everything of normal priority: a notification of the kernel goes first.
inline constexpr std::int64_t eventPriority = SD_EVENT_PRIORITY_NORMAL + 10;

} // namespace fwdguard::bus
