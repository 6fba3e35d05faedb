// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/backend_kernel.hpp"
#include "model/world.hpp"
#include "netns/tags.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fwdguard::test {

/// The current network namespace's nf_tables as scenarios see it. Other processes' changes and all
/// looking is done by `nft`, never by our own code.
class NftWorld : public model::World {
  public:
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
    [[nodiscard]] Survey survey() override;

  private:
    /// A rule as `nft -j` lists it.
    struct Listed {
        std::string name;
        std::string handle;
    };

    void add(const ChainId& chain, End end, const std::string& rule);
    [[nodiscard]] std::optional<std::vector<Listed>> rules(const ChainId& chain);
    [[nodiscard]] std::string handleOf(const ChainId& chain, const std::string& name);

    model::BackendKernel<test::SearchingBackend> kernel_;
};

} // namespace fwdguard::test
