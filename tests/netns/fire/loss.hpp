// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

namespace fwdguard::fire {

/// A process's resident memory in KiB, counted page by page: the figure in /proc/PID/status is
/// rounded by more than a test of flatness can bear.
[[nodiscard]] std::int64_t rssOf(pid_t pid);

/// Another process's socket that hears of transactions. It is one socket with two owners: what is
/// set here is so there.
class WatchSocketOf {
  public:
    /// Throws std::runtime_error when the process has none, std::system_error when it may not be
    /// had.
    explicit WatchSocketOf(pid_t pid);
    WatchSocketOf(const WatchSocketOf&) = delete;
    WatchSocketOf& operator=(const WatchSocketOf&) = delete;
    ~WatchSocketOf();

    void setReceiveBuffer(int bytes) const;
    void detachFilter() const;

  private:
    int fd_ = -1;
};

/// How many announcements wait in a receive buffer of the size that the daemon asks for before the
/// kernel drops the next one. Makes transactions in `ip filter`, chain FORWARD.
[[nodiscard]] std::size_t announcementsThatFit();

} // namespace fwdguard::fire
