// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "xtables/audit_record.hpp"
#include "xtables/table_id.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace fwdguard::xtables {

/// Finds out whether the audit stream reaches us: only an announcement that arrives proves that it
/// does, and our own replacements are announcements that must come. Knows our own by the pid, or,
/// where we run in a pid namespace and the kernel's number for us is another one, by the name of
/// the thread and the table when one of ours is due.
class StreamProof {
  public:
    enum class State : std::uint8_t {
        unproven,   ///< no announcement yet, and none was due
        proven,     ///< the last one due, or any later, arrived
        disproved,  ///< one of ours did not arrive in time
        switchedOff ///< the kernel said that its audit was switched off, or is off
    };

    /// How late the announcement of our own replacement may come.
    static constexpr std::chrono::milliseconds patience{1000};

    /// `self`: our thread id and name.
    explicit StreamProof(const Committer& self) : self_(self), pid_(self.pid) {}

    /// We have just replaced this table.
    void committed(const TableId& table, Instant now);

    /// An announcement arrived. True when it is of our own replacement.
    bool announced(const TableAnnounced& announcement);

    /// The stream said that somebody switched the kernel's audit on or off.
    void switched(bool on);

    /// The kernel said, when asked, that its audit is on: nothing of whether we hear of it.
    void auditIsOn();

    /// Asks the kernel whether its audit is on; nullopt: it does not say.
    using AuditQuery = std::function<std::optional<bool>()>;

    /// Disproves the stream when an announcement is overdue. Then, and only then, asks for the
    /// reason: who switched audit on or off may have been heard no better.
    void check(Instant now, const AuditQuery& auditOn);

    [[nodiscard]] State state() const { return state_; }

    /// When the next of ours becomes overdue; nullopt: none is due.
    [[nodiscard]] std::optional<Instant> deadline() const;

  private:
    struct Due {
        TableId table;
        Instant deadline;
    };

    bool isOurs(const TableAnnounced& announcement, bool due);

    Committer self_;
    std::uint32_t pid_;     ///< ours as the kernel announces it
    bool pidKnown_ = false; ///< an announcement has carried it
    State state_ = State::unproven;
    std::deque<Due> due_;
};

} // namespace fwdguard::xtables
