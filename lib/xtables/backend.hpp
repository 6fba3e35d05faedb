// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "xtables/audit_causes.hpp"
#include "xtables/audit_socket.hpp"
#include "xtables/last_counters.hpp"
#include "xtables/ledger.hpp"
#include "xtables/live_tables.hpp"
#include "xtables/lock.hpp"
#include "xtables/lock_watch.hpp"
#include "xtables/stream_proof.hpp"
#include "xtables/table.hpp"
#include "xtables/unique_fd.hpp"
#include "xtables/watch_status.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace fwdguard::xtables {

struct BackendOptions {
    WatchChoice watch = WatchChoice::automatic;
    std::chrono::milliseconds pollInterval{1000};
    std::filesystem::path lockFile = defaultLockFile();
    std::chrono::milliseconds lockWait{100}; ///< how long commit() may wait for who has the lock
};

/// iptables-legacy in the current network namespace, families ip and ip6: fwdguard::Kernel without
/// identify(). What differs from nf_tables:
/// * Generations are our own count; commit() compares the tables' whole content under the lock.
/// * A handle is a rule's number in its chain and means something for its snapshot only.
/// * A plan is atomic within one table. There is no transaction over several: they are replaced one
///   after the other, and a failure leaves the earlier ones done.
/// * Only programs that take the xtables lock are kept out. One that does not is noticed when the
///   number of rules changed.
/// * What a rule had counted when it was deleted is known as of the last time that its table was
///   read, which changes() does while it polls.
/// * Without the audit stream, whoever lets go of the lock makes us look. The clock does all the
///   time only while a watched table exists; a host without legacy tables is left asleep. With the
///   stream, which can lose records, we look when the announcement should have come.
class Backend {
  public:
    /// `stream` may have been opened in another network namespace.
    Backend(BackendOptions options, AuditStream stream);

    /// As Kernel::changes(). A committer with pid 0 is one that polling found and cannot name. Call
    /// it when eventFd() is readable and at wakeAt().
    [[nodiscard]] Changes changes();

    /// As Kernel::snapshot(). The chain's table is watched from now on.
    [[nodiscard]] SnapshotResult snapshot(const ChainId& chain, bool withPolicy);

    /// As Kernel::commit(). Without a generation, steps that name a rule by its handle still need
    /// the table unchanged since it was last read. Locked: see lockHolder(). EINVAL, ENOENT with a
    /// step: legacy tables cannot express it, the chain it jumps to does not exist.
    [[nodiscard]] CommitResult commit(const Plan& plan, std::optional<Generation> generation);

    [[nodiscard]] std::vector<ChainId> chainsWithTags();

    /// Stops watching the tables of all chains but these.
    void retain(const std::vector<ChainId>& chains)
    {
        ledger_.retain(chains);
        counters_.retain(chains);
    }

    /// Takes these two from now on.
    void configure(WatchChoice watch, std::chrono::milliseconds pollInterval)
    {
        options_.watch = watch;
        options_.pollInterval = pollInterval;
    }

    /// How long a table may exist, if neither the stream nor the lock tells of it, before we look.
    /// Longer than the sweep by default, which looks as well: it stays all that wakes an idle host.
    static constexpr std::chrono::seconds seekInterval{75};

    /// Readable when there may be changes.
    [[nodiscard]] int eventFd() const { return events_.get(); }

    /// How much there was to take at eventFd() so far, a change or not.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }

    /// None of the tables that are watched exists, as last seen, and the stream does not tell when
    /// one does. To call changes() costs little then.
    [[nodiscard]] bool seeking() const;

    /// When changes() is due although eventFd() is silent; nullopt: never. Only reading the tables
    /// puts it off.
    [[nodiscard]] std::optional<Instant> wakeAt() const;

    [[nodiscard]] WatchStatus watch() const;

    /// The kernel's audit was asked for, and is on: where the stream does not reach us, nothing
    /// else says so.
    void auditIsOn() { proof_.auditIsOn(); }

    /// What the audit stream has told of a committer by now. Never blocks.
    [[nodiscard]] std::optional<AuditCause> causeOf(const Committer& committer);

    /// Who held the lock when the last commit found it Locked; 0: that could not be seen.
    [[nodiscard]] std::optional<std::uint32_t> lockHolder() const { return lock_.holder(); }
    [[nodiscard]] const std::filesystem::path& lockFile() const { return options_.lockFile; }

  private:
    using OpenTables = std::map<TableId, std::unique_ptr<Table>>;

    void absorbAnnouncements();
    void absorb(const AuditRecord& record);
    void absorb(std::uint64_t serial, const TableAnnounced& announcement);
    void pollTables();
    void pollUnannounced();
    void noteReading(const TableId& id, const Table& table);
    std::optional<CommitResult>
    openAll(const Plan& plan, std::optional<Generation> generation, OpenTables& tables);
    static std::optional<CommitResult> edit(const Plan& plan, OpenTables& tables);
    CommitResult replaceAll(OpenTables& tables, LockResult& lock);
    bool changedMeanwhile(const TableId& id);

    BackendOptions options_;
    AuditStream stream_;
    UniqueFd wake_; ///< readable when announcements were taken from the socket outside changes()
    LockWatch lockWatch_;
    TableLists lists_;
    UniqueFd events_; ///< epoll over the stream, wake_ and lockWatch_
    std::uint64_t taken_ = 0;
    Ledger ledger_;
    LastCounters counters_;
    StreamProof proof_;
    AuditCauses causes_;
    Changes pending_;
    Generation told_;                 ///< the newest generation that changes() has returned
    Instant polled_{};                ///< when all tables that are watched were read last
    std::optional<Instant> unlocked_; ///< somebody may have written since, and not been announced
    LockTaker lock_;
};

} // namespace fwdguard::xtables
