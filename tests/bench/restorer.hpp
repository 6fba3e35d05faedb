// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bench/ruleset.hpp"
#include "bench/scheduling.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fwdguard::bench {

/// A bus of its own, on which everybody may do everything, gone with this object.
class Bus {
  public:
    /// Returns when programs can connect, or after `patience`.
    Bus();
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();

    [[nodiscard]] std::string address() const;

  private:
    std::filesystem::path directory_;
    pid_t pid_;
};

/// A process that puts the rules back, one way or another; it is gone with this object.
class Restorer {
  public:
    Restorer(const Restorer&) = delete;
    Restorer& operator=(const Restorer&) = delete;
    ~Restorer();

    /// Commits `insert` on each announcement without looking, unless one of `bystanders` (ports) is
    /// announced: nobody can be faster, nor more wrong.
    [[nodiscard]] static Restorer blind(
        const Batch& insert = insertBatch(),
        const Scheduling& scheduling = {},
        const std::set<std::uint32_t>& bystanders = {});

    /// The daemon; returns when it said READY=1. `bus` is a D-Bus address; without one it finds no
    /// bus.
    [[nodiscard]] static Restorer guard(
        const std::filesystem::path& daemon,
        const std::filesystem::path& configuration,
        const Scheduling& scheduling = {},
        const std::string& bus = "unix:path=/nonexistent");

    /// A bash script with `iptables`, as people write it.
    [[nodiscard]] static Restorer shell(const std::string& script);

    /// From exec to READY=1 (guard only).
    [[nodiscard]] std::chrono::microseconds startUp() const { return startUp_; }

    /// CPU time since it was started, from /proc/PID/schedstat.
    [[nodiscard]] std::chrono::nanoseconds cpu() const { return scheduled(0); }

    /// How long it was ready to run and did not, since it was started.
    [[nodiscard]] std::chrono::nanoseconds kept() const { return scheduled(1); }

    /// A number of /proc/PID/status: "VmRSS" in KiB, "voluntary_ctxt_switches".
    [[nodiscard]] std::uint64_t statusOf(const std::string& field) const;

    /// What it wrote to stderr (not the shell).
    [[nodiscard]] std::vector<std::string> log() const;

  private:
    Restorer(pid_t pid, std::chrono::microseconds startUp, std::filesystem::path directory)
        : pid_(pid), startUp_(startUp), directory_(std::move(directory))
    {
    }

    /// A number of /proc/PID/schedstat.
    [[nodiscard]] std::chrono::nanoseconds scheduled(std::size_t field) const;

    pid_t pid_;
    std::chrono::microseconds startUp_;
    std::filesystem::path directory_; ///< scratch: lock, notify socket, log; empty: none
};

} // namespace fwdguard::bench
