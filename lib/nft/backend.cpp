// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/backend.hpp"

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

} // namespace

Backend::Backend(const WatchOptions& options) : watch_{withNftables(options, reader_)} {}

Changes Backend::changes()
{
    if (std::exchange(anticipated_, std::nullopt))
        prepared_.clear();
    heard_ = false;
    Changes changes = watch_.take(writer_.port());
    if (changes.overrun)
        doubt();
    return changes;
}

SnapshotResult Backend::snapshot(const ChainId& chain, bool withPolicy)
{
    if (!heard_)
        events_.hear(prepared_, mirror_);
    events_.passOn(mirror_);
    prepared_.settle(mirror_);
    if (auto known = mirror_.recall(chain, withPolicy))
        return *std::move(known);
    events_.include(chain.table);
    SnapshotResult result = reader_.snapshot(chain, withPolicy);
    if (auto* const read = std::get_if<Snapshot>(&result))
        mirror_.remember(*read, withPolicy);
    else if (const auto* const missing = std::get_if<ChainMissing>(&result))
        mirror_.sawMissing(*missing);
    prepared_.settle(mirror_);
    return result;
}

CommitResult Backend::commit(const Plan& plan, std::optional<Generation> generation)
{
    CommitResult result;
    if (const auto before = std::exchange(anticipated_, std::nullopt)) {
        const bool same = before->generation == generation && before->repair->takePlan() == plan;
        result = same ? before->result : Stale{};
    } else {
        result = writer_.commit(plan, generation);
    }
    prepared_.clear();
    if (!std::holds_alternative<Committed>(result))
        doubt();
    return result;
}

void Backend::prepare(std::vector<PreparedRepair> repairs)
{
    anticipated_.reset();
    prepared_.clear();
    for (PreparedRepair& repair : repairs) {
        auto batch = repair.plan.size() > mostSteps ? std::nullopt : writer_.ready(repair.plan);
        prepared_.add(
            repair.chain,
            batch ? ReadyRepair{std::move(repair.plan), *std::move(batch)} : ReadyRepair{});
    }
    prepared_.settle(mirror_);
}

void Backend::doubt()
{
    mirror_.doubt();
    prepared_.lost();
}

void Backend::rehearse()
{
    prepared_.rehearse();
    writer_.rehearse();
}

bool Backend::anticipate()
{
    if (prepared_.empty() || anticipated_)
        return false;
    events_.hear(prepared_, mirror_);
    heard_ = true;
    ReadyRepair* const due = prepared_.due();
    if (due == nullptr)
        return false;
    const Generation generation = prepared_.announced();
    CommitResult result = writer_.commit(due->batch(), generation);
    if (auto* const committed = std::get_if<Committed>(&result))
        committed->anticipated = true;
    anticipated_ = {due, generation, result};
    return true;
}

} // namespace fwdguard::nft
