// SPDX-License-Identifier: GPL-2.0-or-later
#include "host_kernel.hpp"

#include "xtables/live_tables.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <system_error>
#include <utility>
#include <variant>

namespace fwdguard::daemon {

namespace {

xtables::WatchChoice choiceOf(config::LegacyWatch watch)
{
    constexpr std::array choices{
        xtables::WatchChoice::automatic, xtables::WatchChoice::audit, xtables::WatchChoice::poll};
    return choices.at(static_cast<std::size_t>(watch));
}

bool isNotPermitted(std::error_code error)
{
    return error == std::errc::operation_not_permitted || error == std::errc::permission_denied ||
           error == std::errc::address_family_not_supported; // RestrictAddressFamilies=
}

/// For what is refused now and was not before.
constexpr std::chrono::seconds retryDelay{5};

constexpr const char* privileges =
    "CAP_NET_RAW and the group root, as the unit has them without the drop-in no-legacy.conf";

/// Why there is nothing to be seen of legacy tables; nullopt: those of one family can be looked at.
std::optional<xtables::Unavailable> unavailable()
{
    xtables::TableLists lists;
    const auto live = lists.read(Family::ip);
    const auto* const without = std::get_if<xtables::Unavailable>(&live);
    if (without == nullptr ||
        !std::holds_alternative<xtables::Unavailable>(lists.read(Family::ip6)))
        return std::nullopt;
    return *without;
}

template <class T>
void fill(std::optional<T>& known, const std::optional<T>& other)
{
    if (!known)
        known = other;
}

} // namespace

HostKernel::HostKernel(xtables::AuditStream stream) : legacy_({}, std::move(stream)) {}

void HostKernel::configure(const config::LegacyOptions& options)
{
    legacy_.configure(choiceOf(options.watch), options.pollInterval);
}

bool HostKernel::hearLegacy()
{
    takeLegacy();
    const bool again = readAgainAt_ && *readAgainAt_ <= std::chrono::steady_clock::now();
    if (again)
        readAgainAt_.reset();
    return heard_.foreign() || heard_.unlocked || again;
}

std::optional<Instant> HostKernel::legacyWakeAt() const
{
    std::optional<Instant> at = legacy_.wakeAt();
    if (readAgainAt_)
        at = std::min(*readAgainAt_, at.value_or(*readAgainAt_));
    return at;
}

void HostKernel::takeLegacy()
{
    Changes changes = legacy_.changes();
    std::ranges::move(changes.transactions, std::back_inserter(heard_.transactions));
    heard_.overrun |= changes.overrun;
    heard_.unlocked |= changes.unlocked;
}

void HostKernel::retain(const std::vector<ChainId>& chains)
{
    legacy_.retain(chains);
    seen_.clear();
}

report::LegacyWatch HostKernel::legacyWatch() const
{
    if (std::optional<xtables::Unavailable> why = unavailable())
        return {
            .mode = "unavailable",
            .reason = std::move(why->reason),
            .remedy = isNotPermitted(why->error) ? privileges : ""};
    if (refused_)
        return {
            .mode = "unavailable",
            .reason = "legacy tables cannot be read: " + refused_->message(),
            .remedy = privileges};
    if (legacy_.seeking())
        return {.mode = "waiting", .reason = "no guarded legacy table exists"};
    xtables::WatchStatus watch = legacy_.watch();
    return {
        .mode = std::string(toString(watch.mode)),
        .reason = std::move(watch.reason),
        .remedy = std::move(watch.remedy),
        .fault = watch.fault};
}

Changes HostKernel::changes()
{
    Changes changes = nft_.changes();
    if (suspected_)
        takeLegacy();
    std::ranges::move(
        std::exchange(heard_.transactions, {}), std::back_inserter(changes.transactions));
    changes.overrun |= std::exchange(heard_.overrun, false);
    changes.unlocked = std::exchange(heard_.unlocked, false);
    return changes;
}

SnapshotResult HostKernel::snapshot(const ChainId& chain, bool withPolicy)
{
    if (chain.backend == BackendKind::nfTables) {
        if (std::exchange(doubtful_, false))
            nft_.doubt();
        return nft_.snapshot(chain, withPolicy);
    }
    const auto seen = seen_.find(chain);
    if (!suspected_ && seen != seen_.end())
        return seen->second;
    SnapshotResult result = readLegacy(chain, withPolicy);
    if (std::holds_alternative<SnapshotFailed>(result))
        seen_.erase(chain);
    else
        seen_.insert_or_assign(chain, result);
    return result;
}

SnapshotResult HostKernel::readLegacy(const ChainId& chain, bool withPolicy)
{
    SnapshotResult result = legacy_.snapshot(chain, withPolicy);
    const auto* const failed = std::get_if<SnapshotFailed>(&result);
    refused_.reset();
    if (failed == nullptr || !isNotPermitted(failed->error)) {
        permitted_ |= failed == nullptr;
        return result;
    }
    // Who takes our capabilities for them away does without legacy tables; the status says so. To
    // ask again makes sense only where it was allowed before.
    refused_ = failed->error;
    if (permitted_)
        readAgainAt_ = std::chrono::steady_clock::now() + retryDelay;
    return ChainMissing{.chain = chain, .tableMissing = true, .generation = {1}};
}

CommitResult HostKernel::commit(const Plan& plan, std::optional<Generation> generation)
{
    if (plan.empty() || chainOf(plan.front()).backend == BackendKind::nfTables)
        return nft_.commit(plan, generation);
    suspected_ = true;
    return legacy_.commit(plan, generation);
}

void HostKernel::prepare(std::vector<PreparedRepair> repairs)
{
    nft_.prepare(std::move(repairs));
}

bool HostKernel::anticipate()
{
    return nft_.anticipate();
}

std::optional<std::vector<ChainId>> HostKernel::chainsWithTags()
{
    searching_ = true;
    return std::nullopt;
}

std::optional<std::vector<ChainId>> HostKernel::continueSearch()
{
    using Progress = nft::TagSearch::Progress;
    const Progress progress = std::exchange(searchBegun_, true) ? search_.step() : search_.begin();
    if (progress == Progress::going)
        return std::nullopt;
    searching_ = searchBegun_ = false;
    if (progress == Progress::failed)
        throw std::system_error(search_.error(), "looking through the whole ruleset");
    std::vector<ChainId> chains = search_.take();
    std::ranges::move(legacy_.chainsWithTags(), std::back_inserter(chains));
    return chains;
}

Cause HostKernel::identify(const Committer& committer)
{
    if (committer.pid == 0)
        return {}; // polling sees what changed, not who did it
    Cause cause = processes_.identify(committer);
    const auto heard = legacy_.causeOf(committer);
    if (!heard)
        return cause;
    // /proc knows the whole command line and the parent's name; the records outlive the process.
    fill(cause.pid, heard->cause.pid);
    fill(cause.comm, heard->cause.comm);
    fill(cause.exe, heard->cause.exe);
    fill(cause.cmdline, heard->cause.cmdline);
    fill(cause.parent, heard->cause.parent);
    cause.uid = heard->uid;
    cause.loginUid = heard->loginUid;
    return cause;
}

} // namespace fwdguard::daemon
