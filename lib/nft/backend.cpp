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

Backend::Backend(const WatchOptions& options) : watch_{withNftables(options, reader_)} {}

Changes Backend::changes()
{
    return watch_.take(writer_.port());
}

SnapshotResult Backend::snapshot(const ChainId& chain, bool withPolicy)
{
    return reader_.snapshot(chain, withPolicy);
}

CommitResult Backend::commit(const Plan& plan, std::optional<Generation> generation)
{
    return writer_.commit(plan, generation);
}

} // namespace fwdguard::nft
