// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "nft/backend.hpp"
#include "sys/process_lookup.hpp"

#include <optional>
#include <vector>

namespace fwdguard::daemon {

/// The host's firewall and its processes, as the driver uses them.
class HostKernel final : public Kernel {
  public:
    /// Opens its sockets in the current network namespace; throws std::system_error.
    HostKernel() = default;

    [[nodiscard]] int watchFd() const { return nft_.watchFd(); }
    [[nodiscard]] bool filtered() const { return nft_.filtered(); }
    [[nodiscard]] bool seesAnnouncedPids() const { return processes_.seesAnnouncedPids(); }

    [[nodiscard]] Changes changes() override { return nft_.changes(); }
    [[nodiscard]] SnapshotResult snapshot(const ChainId& chain, bool withPolicy) override
    {
        return nft_.snapshot(chain, withPolicy);
    }
    [[nodiscard]] CommitResult
    commit(const Plan& plan, std::optional<Generation> generation) override
    {
        return nft_.commit(plan, generation);
    }
    [[nodiscard]] std::vector<ChainId> chainsWithTags() override { return nft_.chainsWithTags(); }
    [[nodiscard]] Cause identify(const Committer& committer) override
    {
        return processes_.identify(committer);
    }

  private:
    nft::Backend nft_;
    sys::ProcessLookup processes_;
};

} // namespace fwdguard::daemon
