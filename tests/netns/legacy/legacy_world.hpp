// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "audit_barrier.hpp"
#include "model/backend_kernel.hpp"
#include "model/world.hpp"
#include "xtables/backend.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fwdguard::legacy {

/// The backend as the daemon listens to it.
class ListeningKernel : public model::BackendKernel<xtables::Backend> {
  public:
    /// With a barrier, nothing that happened is announced too late to be heard.
    ListeningKernel(
        xtables::BackendOptions options,
        xtables::AuditStream stream,
        std::optional<AuditBarrier> barrier);

    /// Takes what there is to hear, for changes(); true: somebody else changed something.
    [[nodiscard]] bool hear();
    Changes changes() override;

  private:
    std::optional<AuditBarrier> barrier_;
    Changes heard_;
};

/// The current network namespace's legacy tables as scenarios see them. Other processes' changes
/// and all looking is done by `iptables-legacy`, never by our own code. What base chains a table
/// has, the kernel decides.
class LegacyWorld : public model::World {
  public:
    /// Changes are noticed by polling.
    LegacyWorld();
    /// By events: the stream has shown that it reaches us.
    LegacyWorld(xtables::AuditStream stream, AuditBarrier barrier);

    [[nodiscard]] BackendKind backend() const override { return BackendKind::legacy; }
    [[nodiscard]] Kernel& kernel() override { return kernel_; }
    [[nodiscard]] bool announced() override { return kernel_.hear(); }

    void addTable(Family family, const std::string& table) override;
    void deleteTable(Family family, const std::string& table) override;
    void addChain(const ChainId& chain, std::optional<Policy> policy) override;
    void deleteChain(const ChainId& chain) override;
    void flush(const ChainId& chain) override;
    void setPolicy(const ChainId& chain, Policy policy) override;
    void addForeign(const ChainId& chain, End end, const std::string& name) override;
    void addJump(const ChainId& chain, End end, const std::string& target) override;
    void erase(const ChainId& chain, const std::string& name) override;
    void addTagged(
        const ChainId& chain, End end, const std::string& id, const std::string& like) override;
    void alter(const ChainId& chain, const std::string& id, const std::string& like) override;
    [[nodiscard]] std::optional<std::vector<std::string>> list(const ChainId& chain) override;
    [[nodiscard]] std::optional<Policy> policy(const ChainId& chain) override;
    [[nodiscard]] Survey survey() override { return {}; }

  private:
    [[nodiscard]] std::size_t numberOf(const ChainId& chain, const std::string& name);

    ListeningKernel kernel_;
};

} // namespace fwdguard::legacy
