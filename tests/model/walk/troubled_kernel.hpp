// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"

#include <functional>
#include <system_error>
#include <vector>

namespace fwdguard::walk {

/// A kernel, fake or real, whose answers go astray on demand.
class TroubledKernel : public Kernel {
  public:
    explicit TroubledKernel(Kernel& kernel) : kernel_(kernel) {}

    /// Somebody gets in between a decision and its commit, so many times in a row.
    std::function<void()> interfere{};
    int races = 0;
    int failSnapshots = 0;          ///< so many reads fail
    bool loseAnnouncements = false; ///< what is announced is dropped and leaves an overrun

    Changes changes() override
    {
        Changes changes = kernel_.changes();
        if (loseAnnouncements && changes.foreign())
            return {.overrun = true};
        return changes;
    }

    SnapshotResult snapshot(const ChainId& chain, bool withPolicy) override
    {
        if (failSnapshots > 0) {
            --failSnapshots;
            return SnapshotFailed{chain, std::make_error_code(std::errc::interrupted)};
        }
        return kernel_.snapshot(chain, withPolicy);
    }

    CommitResult commit(const Plan& plan, std::optional<Generation> generation) override
    {
        if (races > 0) {
            --races;
            interfere();
        }
        return kernel_.commit(plan, generation);
    }

    void prepare(std::vector<PreparedRepair> repairs) override
    {
        kernel_.prepare(std::move(repairs));
    }
    void anticipate() override { kernel_.anticipate(); }

    std::optional<std::vector<ChainId>> chainsWithTags() override
    {
        return kernel_.chainsWithTags();
    }
    Cause identify(const Committer& committer) override { return kernel_.identify(committer); }

  private:
    Kernel& kernel_;
};

} // namespace fwdguard::walk
