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

} // namespace

Backend::Backend(const WatchOptions& options) : watch_{withNftables(options, reader_)} {}

Changes Backend::changes()
{
    Changes changes = watch_.take(writer_.port());
    if (changes.overrun)
        doubt();
    return changes;
}

SnapshotResult Backend::snapshot(const ChainId& chain, bool withPolicy)
{
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
    CommitResult result = writer_.commit(plan, generation);
    if (!std::holds_alternative<Committed>(result))
        doubt();
    return result;
}

} // namespace fwdguard::nft
