// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fwdguard::faults {

using Environment = std::map<std::string, std::string>;

/// How a daemon ended, and what it had cost.
struct Ended {
    std::optional<int> status{}; ///< absent: a signal ended it
    int signal = 0;
    std::chrono::milliseconds cpu{};
    std::chrono::milliseconds wall{};
};

/// fwd-guard with the interposer in front of the C library. Killed with the object.
class FaultedDaemon {
  public:
    /// Its output is appended to `log`.
    FaultedDaemon(
        const std::vector<std::string>& arguments,
        const Environment& environment,
        const std::filesystem::path& log);
    ~FaultedDaemon();
    FaultedDaemon(const FaultedDaemon&) = delete;
    FaultedDaemon& operator=(const FaultedDaemon&) = delete;

    void signal(int signo) const;

    /// Whether it has ended; does not wait.
    [[nodiscard]] const std::optional<Ended>& ended();

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    pid_t pid_;
    std::optional<Ended> ended_;
};

} // namespace fwdguard::faults
