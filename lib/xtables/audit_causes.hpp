// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"
#include "xtables/audit_record.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace fwdguard::xtables {

/// What the audit stream tells of a committer. It outlives the process.
struct AuditCause {
    Cause cause; ///< pid, comm, exe, cmdline; of the parent only the pid
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> loginUid; ///< who logged in, whatever sudo made of them since
    bool operator==(const AuditCause&) const = default;
};

/// Joins the records of one system call by their serial. Remembers the newest causes only.
class AuditCauses {
  public:
    static constexpr std::size_t capacity = 64;

    /// A table was announced: details with this serial will follow.
    void open(std::uint64_t serial, const Committer& committer);

    /// Details; dropped when nothing with their serial was opened.
    void add(std::uint64_t serial, const SyscallDetails& details);
    void add(std::uint64_t serial, const CommandLine& commandLine);

    /// The newest that is known of this committer.
    [[nodiscard]] std::optional<AuditCause> find(const Committer& committer) const;

  private:
    struct Remembered {
        std::uint64_t serial = 0;
        Committer committer;
        AuditCause cause;
    };

    Remembered* withSerial(std::uint64_t serial);

    std::deque<Remembered> remembered_; ///< oldest first
};

} // namespace fwdguard::xtables
