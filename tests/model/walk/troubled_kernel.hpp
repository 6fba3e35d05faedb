// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"

#include <functional>
#include <system_error>
#include <utility>
#include <variant>
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
    int undecided = 0; ///< prepared repairs that were committed and not decided on afterwards

    Changes changes() override
    {
        undecided += std::exchange(anticipated_, false) ? 1 : 0;
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
        CommitResult result = kernel_.commit(plan, generation);
        if (std::exchange(anticipated_, false) && std::holds_alternative<Stale>(result))
            ++undecided;
        return result;
    }

    void prepare(std::vector<PreparedRepair> repairs) override
    {
        kernel_.prepare(std::move(repairs));
    }
    /// A race is one with a decision, and a read that fails one before it: nothing comes before
    /// that.
    bool anticipate() override
    {
        anticipated_ = races == 0 && failSnapshots == 0 && kernel_.anticipate();
        return anticipated_;
    }

    std::optional<std::vector<ChainId>> chainsWithTags() override
    {
        return kernel_.chainsWithTags();
    }
    Cause identify(const Committer& committer) override { return kernel_.identify(committer); }

  private:
    Kernel& kernel_;
    bool anticipated_ = false;
};

} // namespace fwdguard::walk
