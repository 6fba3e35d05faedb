// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"

#include <utility>

namespace fwdguard::model {

/// A real backend as the driver uses it, with nobody to identify.
template <class Backend>
class BackendKernel : public Kernel {
  public:
    template <class... Arguments>
    explicit BackendKernel(Arguments&&... arguments)
        : backend_(std::forward<Arguments>(arguments)...)
    {
    }

    Changes changes() override { return backend_.changes(); }
    SnapshotResult snapshot(const ChainId& chain, bool withPolicy) override
    {
        return backend_.snapshot(chain, withPolicy);
    }
    CommitResult commit(const Plan& plan, std::optional<Generation> generation) override
    {
        return backend_.commit(plan, generation);
    }
    void prepare(std::vector<PreparedRepair> repairs) override
    {
        if constexpr (prepares)
            backend_.prepare(std::move(repairs));
    }
    bool anticipate() override
    {
        if constexpr (prepares)
            return backend_.anticipate();
        else
            return false;
    }
    std::optional<std::vector<ChainId>> chainsWithTags() override
    {
        return backend_.chainsWithTags();
    }
    Cause identify(const Committer& committer) override { return {.comm = committer.comm}; }

  private:
    static constexpr bool prepares = requires(Backend & backend) { backend.anticipate(); };

    Backend backend_;
};

} // namespace fwdguard::model
