// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/fake_kernel.hpp"
#include "model/world.hpp"

namespace fwdguard::model {

/// The fake kernel as scenarios see it.
class FakeWorld : public World {
  public:
    explicit FakeWorld(BackendKind backend = BackendKind::nfTables)
        : backend_(backend), kernel_(backend)
    {
    }

    [[nodiscard]] BackendKind backend() const override { return backend_; }
    [[nodiscard]] FakeKernel& kernel() override { return kernel_; }

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
    [[nodiscard]] Survey survey() override { return kernel_.survey(); }

  private:
    void add(const ChainId& chain, End end, FakeRule rule);
    [[nodiscard]] std::size_t indexOf(const ChainId& chain, const std::string& name) const;

    BackendKind backend_;
    FakeKernel kernel_;
};

} // namespace fwdguard::model
