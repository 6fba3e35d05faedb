// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <sys/inotify.h>

namespace fwdguard::sys {

/// Calls `take` with each event that is waiting, and with the name in it ("" without one). The
/// descriptor does not block. Throws std::system_error.
void readInotify(
    int inotify, const std::function<void(const inotify_event& event, const char* name)>& take);

} // namespace fwdguard::sys
