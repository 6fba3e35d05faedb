// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/backend_kernel.hpp"
#include "model/world.hpp"
#include "xtables/backend.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fwdguard::legacy {

/// The current network namespace's legacy tables as scenarios see them. Other processes' changes
/// and all looking is done by `iptables-legacy`, never by our own code. What base chains a table
/// has, the kernel decides.
class LegacyWorld : public model::World {
  public:
    [[nodiscard]] BackendKind backend() const override { return BackendKind::legacy; }
    [[nodiscard]] Kernel& kernel() override { return kernel_; }

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

    model::BackendKernel<xtables::Backend> kernel_{
        xtables::BackendOptions{}, xtables::AuditStream{}};
};

} // namespace fwdguard::legacy
