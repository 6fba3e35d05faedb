// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace fwdguard::ctl {

/// What scripts rely on.
enum class ExitStatus : int {
    done = 0,        ///< and, where rules were asked for, all of them are in place
    failed = 1,      ///< or some rule is not in place
    unreachable = 3, ///< the daemon is not on the bus, or does not answer
    usage = 64,      ///< EX_USAGE, also for a rule that is not declared
    notPermitted = 77,
    configuration = 78,
};

/// Ends a command; the text says what was found and what to do.
class Failure : public std::runtime_error {
  public:
    Failure(ExitStatus status, const std::string& text) : std::runtime_error(text), status_(status)
    {
    }

    [[nodiscard]] ExitStatus status() const { return status_; }

  private:
    ExitStatus status_;
};

} // namespace fwdguard::ctl
