// SPDX-License-Identifier: GPL-2.0-or-later
// One function a subcommand, one file a function. Each returns the exit status or throws Failure.
#pragma once

#include "ctl/exit_status.hpp"

#include <chrono>
#include <string>

namespace fwdguard::ctl {

/// Prints the state of all rules, or of one when `rule` is not empty.
ExitStatus status(const std::string& rule, bool json);

/// Has the daemon look now; says which rules are not in place.
ExitStatus check();

/// Prints a line for each incident and state change until SIGINT or SIGTERM.
ExitStatus watch();

ExitStatus reload();

/// 0 seconds: until released.
ExitStatus hold(const std::string& rule, std::chrono::seconds duration);

ExitStatus release(const std::string& rule);

} // namespace fwdguard::ctl
