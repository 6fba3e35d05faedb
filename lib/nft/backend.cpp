// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/backend.hpp"

namespace fwdguard::nft {

namespace {

/// Asked first: of all that opens a backend, only this tells "not permitted" from "no nf_tables".
WatchOptions withNftables(const WatchOptions& options, Reader& reader)
{
    static_cast<void>(reader.generation());
    return options;
}

} // namespace

Backend::Backend(const WatchOptions& options)
    : watch_{withNftables(options, reader_)}, known_{reader_.generation()}
{
}

Changes Backend::changes()
{
    Changes changes = watch_.take(writer_.port());
    if (changes.overrun)
        known_ = reader_.generation(); // its announcement may be among those dropped
    else if (changes.latest.isAfter(known_))
        known_ = changes.latest;
    return changes;
}

SnapshotResult Backend::snapshot(const ChainId& chain, bool withPolicy)
{
    SnapshotResult result = reader_.snapshot(chain, withPolicy, known_);
    if (const auto* snapshot = std::get_if<Snapshot>(&result))
        known_ = snapshot->generation;
    else if (const auto* missing = std::get_if<ChainMissing>(&result))
        known_ = missing->generation;
    return result;
}

CommitResult Backend::commit(const Plan& plan, std::optional<Generation> generation)
{
    return writer_.commit(plan, generation);
}

std::vector<ChainId> Backend::chainsWithTags()
{
    return reader_.chainsWithTags();
}

} // namespace fwdguard::nft
