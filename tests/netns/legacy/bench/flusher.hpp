// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>

#include <sys/types.h>

namespace fwdguard::bench {

/// A process that deletes the first rule of the legacy `ip filter FORWARD` and notes when it is
/// back. It is told that by the release of the repairer's lock, and runs with SCHED_FIFO, so that
/// nobody takes its processor before it has read its clock. It dies with us.
class Flusher {
  public:
    /// It flushes under the one lock; whoever repairs takes the other, which may be the same.
    Flusher(const std::filesystem::path& own, const std::filesystem::path& repairers);
    Flusher(const Flusher&) = delete;
    Flusher& operator=(const Flusher&) = delete;
    ~Flusher();

    void flush() const;

    /// Waits; microseconds from the end of the flush's replacement. nullopt: not back within 2 s.
    [[nodiscard]] std::optional<double> repaired() const;

  private:
    pid_t pid_ = -1;
    int socket_ = -1;
};

} // namespace fwdguard::bench
