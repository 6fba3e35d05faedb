// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/backend.hpp"

#include "xtables/edit.hpp"
#include "xtables/reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <variant>

#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

namespace fwdguard::xtables {

namespace {

using Clock = std::chrono::steady_clock;

Committer ourselves()
{
    std::array<char, 16> comm{};
    ::prctl(PR_GET_NAME, comm.data());
    return {static_cast<std::uint32_t>(::gettid()), comm.data()};
}

UniqueFd checked(int fd, const char* doing)
{
    if (fd < 0)
        throw std::system_error{errno, std::system_category(), doing};
    return UniqueFd{fd};
}

void listen(int epoll, int fd)
{
    epoll_event event{EPOLLIN, {}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::system_error{errno, std::system_category(), "watch the audit stream"};
}

std::optional<bool> askForAudit()
{
    std::error_code notAllowed; // CAP_AUDIT_CONTROL
    return auditEnabled(notAllowed);
}

bool usesHandles(const Plan& plan)
{
    return std::any_of(plan.begin(), plan.end(), [](const Step& step) {
        if (const auto* insert = std::get_if<InsertRule>(&step))
            return std::holds_alternative<Before>(insert->place);
        return std::holds_alternative<DeleteRule>(step);
    });
}

} // namespace

Backend::Backend(BackendOptions options, AuditStream stream)
    : options_{std::move(options)}, stream_{std::move(stream)},
      wake_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "create an eventfd")},
      events_{checked(::epoll_create1(EPOLL_CLOEXEC), "create an epoll")}, proof_{ourselves()}
{
    listen(events_.get(), wake_.get());
    listen(events_.get(), lockWatch_.fd());
    if (stream_.socket)
        listen(events_.get(), stream_.socket.get());
    if (stream_.enabled == false)
        proof_.switched(false);
}

Changes Backend::changes()
{
    std::uint64_t woken = 0;
    if (::read(wake_.get(), &woken, sizeof woken) > 0)
        ++taken_;
    if (lockWatch_.take()) {
        ++taken_;
        unlocked_ = unlocked_.value_or(Clock::now());
        pending_.unlocked |= lockHolder().has_value();
    }
    absorbAnnouncements();
    if (!ledger_.empty() && !pending_.foreign()) // else when the guard has looked, and asks again
        lockWatch_.watch(options_.lockFile);     // it may be another file by now
    proof_.check(Clock::now(), askForAudit);
    if (watch().mode == WatchMode::polling)
        pollTables();
    else if (unlocked_ && *unlocked_ + StreamProof::patience <= Clock::now())
        pollUnannounced();
    Changes changes = std::exchange(pending_, {});
    if (told_ != ledger_.current())
        changes.latest = told_ = ledger_.current();
    return changes;
}

void Backend::absorbAnnouncements()
{
    if (!stream_.socket)
        return;
    const AuditBatch batch = receiveAudit(stream_.socket.get());
    taken_ += batch.received;
    for (const AuditRecord& record : batch.records)
        absorb(record);
    if (batch.overrun) {
        pending_.overrun = true;
        ledger_.announced();
    }
}

void Backend::absorb(const AuditRecord& record)
{
    if (const auto* announcement = std::get_if<TableAnnounced>(&record.content))
        absorb(record.serial, *announcement);
    else if (const auto* details = std::get_if<SyscallDetails>(&record.content))
        causes_.add(record.serial, *details);
    else if (const auto* commandLine = std::get_if<CommandLine>(&record.content))
        causes_.add(record.serial, *commandLine);
    else if (const auto* switched = std::get_if<AuditSwitched>(&record.content))
        proof_.switched(switched->on);
}

void Backend::absorb(std::uint64_t serial, const TableAnnounced& announcement)
{
    if (proof_.announced(announcement) || !ledger_.knows(announcement.table))
        return;
    causes_.open(serial, announcement.committer);
    ledger_.announced();
    pending_.transactions.push_back(
        {.generation = ledger_.current(),
         .committer = announcement.committer,
         .backend = BackendKind::legacy});
}

void Backend::pollTables()
{
    polled_ = Clock::now();
    unlocked_.reset();
    bool changed = false;
    for (const TableId& id : ledger_.tables()) {
        const OpenedTable opened = openTable(lists_, id);
        if (const auto* table = std::get_if<std::unique_ptr<Table>>(&opened))
            noteReading(id, **table);
        else if (std::holds_alternative<TableMissing>(opened))
            ledger_.observe(id, std::nullopt);
        else
            changed = true; // unreadable is not unchanged: let the guard try, and say so
        changed = ledger_.takeChange(id) || changed;
    }
    if (changed && pending_.transactions.empty())
        pending_.transactions.push_back(
            {.generation = ledger_.current(), .backend = BackendKind::legacy});
}

// An announcement comes behind the change, and often behind the lock; so who would look at once
// would find the change and not know whose it is.
void Backend::pollUnannounced()
{
    for (const TableId& id : ledger_.tables())
        static_cast<void>(ledger_.takeChange(id)); // seen by who looked at what was announced
    pollTables();
}

void Backend::noteReading(const TableId& id, const Table& table)
{
    const TableReading reading = table.read();
    ledger_.observe(id, reading.fingerprint);
    counters_.read(id, reading.counted);
}

SnapshotResult Backend::snapshot(const ChainId& chain, bool withPolicy)
{
    if (chain.family != Family::ip && chain.family != Family::ip6)
        return ChainMissing{chain, true, ledger_.current()};
    absorbAnnouncements(); // what they tell is older than what is read now
    const TableId id = tableOf(chain);
    if (!ledger_.knows(id))
        lockWatch_.watch(
            options_.lockFile); // before the table is read, so that no change is missed
    const OpenedTable opened = openTable(lists_, id);
    if (const auto* error = std::get_if<std::error_code>(&opened))
        return SnapshotFailed{chain, *error};
    if (std::holds_alternative<TableMissing>(opened)) {
        ledger_.observe(id, std::nullopt);
        return ChainMissing{chain, true, ledger_.current()};
    }
    const Table& table = *std::get<std::unique_ptr<Table>>(opened);
    counters_.watch(chain);
    noteReading(id, table);
    if (!table.hasChain(chain.chain))
        return ChainMissing{chain, false, ledger_.current()};
    Snapshot snapshot = readChain(table, chain, withPolicy);
    snapshot.gone = counters_.takeGone(snapshot);
    snapshot.generation = ledger_.current();
    return snapshot;
}

CommitResult Backend::commit(const Plan& plan, std::optional<Generation> generation)
{
    if (plan.empty())
        return Committed{};
    LockResult lock = lock_.take(options_.lockFile, options_.lockWait);
    if (const auto* error = std::get_if<std::error_code>(&lock)) {
        if (*error == std::errc::timed_out)
            return Locked{};
        return CommitFailed{*error, std::nullopt};
    }
    OpenTables tables;
    if (auto failed = openAll(plan, generation, tables))
        return *failed;
    if (auto failed = edit(plan, tables))
        return *failed;
    return replaceAll(tables, lock);
}

std::optional<CommitResult>
Backend::openAll(const Plan& plan, std::optional<Generation> generation, OpenTables& tables)
{
    const bool mustBeSame = generation.has_value() || usesHandles(plan);
    const Generation madeFor = generation.value_or(ledger_.current());
    for (const Step& step : plan) {
        const TableId id = tableOf(chainOf(step));
        if (tables.contains(id))
            continue;
        OpenedTable opened = openTable(lists_, id);
        if (const auto* error = std::get_if<std::error_code>(&opened))
            return CommitFailed{*error, std::nullopt};
        if (std::holds_alternative<TableMissing>(opened)) {
            ledger_.observe(id, std::nullopt);
            return Stale{};
        }
        auto& table = std::get<std::unique_ptr<Table>>(opened);
        noteReading(id, *table);
        if (mustBeSame && ledger_.changedSince(id, madeFor))
            return Stale{};
        tables.emplace(id, std::move(table));
    }
    return std::nullopt;
}

std::optional<CommitResult> Backend::edit(const Plan& plan, OpenTables& tables)
{
    std::map<TableId, Editor> editors;
    for (auto& [id, table] : tables)
        editors.emplace(id, *table);
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const EditResult result = editors.at(tableOf(chainOf(plan[i]))).apply(plan[i]);
        if (std::holds_alternative<EditStale>(result))
            return Stale{};
        if (const auto* error = std::get_if<std::error_code>(&result))
            return CommitFailed{*error, i};
    }
    return std::nullopt;
}

CommitResult Backend::replaceAll(OpenTables& tables, LockResult& lock)
{
    std::error_code error;
    auto end = tables.begin();
    for (; end != tables.end(); ++end)
        if ((error = end->second->commit()))
            break;
    lock = std::error_code{}; // others wait for it
    for (auto done = tables.begin(); done != end; ++done) {
        ledger_.committed(done->first, done->second->read().fingerprint);
        if (stream_.socket)
            proof_.committed(done->first, Clock::now());
    }
    if (!error)
        return Committed{};
    if (error == std::errc::resource_unavailable_try_again || changedMeanwhile(end->first))
        return Stale{};
    return CommitFailed{error, std::nullopt};
}

// libiptc replaces a table, then sends the counters it had: a writer without the lock that comes in
// between makes the second fail (EINVAL) when the first is long done.
bool Backend::changedMeanwhile(const TableId& id)
{
    const OpenedTable opened = openTable(lists_, id);
    const auto* const table = std::get_if<std::unique_ptr<Table>>(&opened);
    if (table == nullptr)
        return false;
    const Generation before = ledger_.current();
    noteReading(id, **table);
    return ledger_.changedSince(id, before);
}

std::vector<ChainId> Backend::chainsWithTags()
{
    std::vector<ChainId> tagged;
    for (const Family family : {Family::ip, Family::ip6}) {
        const LiveTables live = lists_.read(family);
        const auto* const names = std::get_if<std::vector<std::string>>(&live);
        if (names == nullptr)
            continue;
        for (const std::string& name : *names) {
            const OpenedTable opened = openTable(lists_, {family, name});
            const auto* const table = std::get_if<std::unique_ptr<Table>>(&opened);
            if (table == nullptr)
                continue;
            for (const std::string& chain : (*table)->chains())
                if (const ChainId id{family, name, chain, BackendKind::legacy};
                    hasTaggedRule(**table, id))
                    tagged.push_back(id);
        }
    }
    return tagged;
}

std::optional<Instant> Backend::wakeAt() const
{
    std::optional<Instant> at;
    if (options_.watch != WatchChoice::poll)
        at = proof_.deadline();
    const auto notAfter = [&at](Instant due) { at = std::min(due, at.value_or(due)); };
    if (watch().mode == WatchMode::polling)
        notAfter(polled_ + (ledger_.live() ? options_.pollInterval : seekInterval));
    else if (unlocked_)
        notAfter(*unlocked_ + StreamProof::patience);
    return at;
}

bool Backend::seeking() const
{
    return watch().mode == WatchMode::polling && !ledger_.live();
}

WatchStatus Backend::watch() const
{
    return watchStatus(options_.watch, proof_.state(), stream_.error);
}

std::optional<AuditCause> Backend::causeOf(const Committer& committer)
{
    absorbAnnouncements();
    if (pending_.foreign()) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
    }
    return causes_.find(committer);
}

} // namespace fwdguard::xtables
