// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace fwdguard::test {

/// Puts the calling thread into a network namespace of its own, with an empty ruleset, and back.
/// Where that is not permitted the test is skipped (Catch2 3) or ends with a line that CTest takes
/// for skipped (Catch2 2).
class FreshNetns {
  public:
    FreshNetns();
    ~FreshNetns();
    FreshNetns(const FreshNetns&) = delete;
    FreshNetns& operator=(const FreshNetns&) = delete;
    FreshNetns(FreshNetns&&) = delete;
    FreshNetns& operator=(FreshNetns&&) = delete;

  private:
    int home_;
};

struct Output {
    int status = 0;   ///< exit status; -1 when it did not exit
    std::string text; ///< stdout and stderr
};

/// Runs a shell command in the current network namespace.
[[nodiscard]] Output run(const std::string& command);

/// The same for one that must succeed; fails the test otherwise. Returns its output.
std::string must(const std::string& command);

} // namespace fwdguard::test
