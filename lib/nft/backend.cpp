// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/backend.hpp"

#include "core/gone_counters.hpp"

#include <span>
#include <utility>
#include <variant>

namespace fwdguard::nft {

namespace {

/// Asked first: of all that opens a backend, only this tells "not permitted" from "no nf_tables".
WatchOptions withNftables(const WatchOptions& options, Reader& reader)
{
    static_cast<void>(reader.generation());
    return options;
}

/// More rules than the events of their deletion have room for: what became of such a chain is read.
constexpr std::size_t mostSteps = 256;

/// A rule starts from what it had counted when it was deleted.
void recallCounters(Plan& plan, ReadyBatch& batch, std::span<const GoneRule> gone)
{
    const GoneCounters last{gone};
    auto place = batch.counters.begin();
    for (Step& step : plan) {
        auto* const insertion = std::get_if<InsertRule>(&step);
        if (insertion == nullptr)
            continue;
        if (const auto counters = last.of(insertion->rule->key.id)) {
            insertion->counters = *counters;
            putCounters(batch.bytes.data(), *place, *counters);
        }
        ++place;
    }
}

} // namespace

Backend::Backend(const WatchOptions& options) : watch_{withNftables(options, reader_)} {}

Changes Backend::changes()
{
    anticipated_.reset();
    heard_ = false;
    Changes changes = watch_.take(writer_.port());
    if (changes.overrun)
        doubt();
    return changes;
}

SnapshotResult Backend::snapshot(const ChainId& chain, bool withPolicy)
{
    if (!heard_)
        events_.hearFor(mirror_);
    if (auto known = mirror_.recall(chain, withPolicy))
        return *std::move(known);
    events_.include(chain.table);
    SnapshotResult result = reader_.snapshot(chain, withPolicy);
    if (auto* const read = std::get_if<Snapshot>(&result))
        mirror_.remember(*read, withPolicy);
    else if (const auto* const missing = std::get_if<ChainMissing>(&result))
        mirror_.sawMissing(*missing);
    return result;
}

CommitResult Backend::commit(const Plan& plan, std::optional<Generation> generation)
{
    prepared_.clear();
    CommitResult result;
    if (auto before = std::exchange(anticipated_, std::nullopt)) {
        const bool same = before->plan == plan && before->generation == generation;
        result = same ? before->result : Stale{};
    } else {
        result = writer_.commit(plan, generation);
    }
    if (!std::holds_alternative<Committed>(result))
        doubt();
    return result;
}

void Backend::prepare(std::vector<PreparedRepair> repairs)
{
    prepared_.clear();
    for (PreparedRepair& repair : repairs) {
        auto batch = repair.plan.size() > mostSteps ? std::nullopt : writer_.ready(repair.plan);
        if (!batch)
            repair.plan.clear();
        prepared_.push_back({std::move(repair), std::move(batch).value_or(ReadyBatch{})});
    }
}

/// nullptr: none of those that are prepared.
Backend::Prepared* Backend::dueNow()
{
    Prepared* due = nullptr;
    for (Prepared& prepared : prepared_) {
        const Mirror::Fate fate = mirror_.fateOf(prepared.repair.chain);
        if (fate == Mirror::Fate::same)
            continue;
        if (fate != Mirror::Fate::emptied || due != nullptr)
            return nullptr;
        due = &prepared;
    }
    return due == nullptr || due->repair.plan.empty() ? nullptr : due;
}

bool Backend::anticipate()
{
    if (prepared_.empty())
        return false;
    events_.hearFor(mirror_);
    heard_ = true;
    Prepared* const due = dueNow();
    if (due == nullptr)
        return false;
    recallCounters(due->repair.plan, due->batch, mirror_.goneFrom(due->repair.chain));
    const Generation generation = mirror_.announced();
    CommitResult result = writer_.commit(due->batch, generation);
    if (auto* const committed = std::get_if<Committed>(&result))
        committed->anticipated = true;
    anticipated_ = {std::move(due->repair.plan), generation, result};
    prepared_.clear();
    return true;
}

} // namespace fwdguard::nft
