// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace fwdguard::daemon {

/// What the process ends with; the numbers of sysexits.h where it has one.
enum ExitStatus : int {
    done = 0,
    failed = 1,
    usage = 64,         // EX_USAGE
    notPermitted = 77,  // EX_NOPERM
    configuration = 78, // EX_CONFIG
};

} // namespace fwdguard::daemon
