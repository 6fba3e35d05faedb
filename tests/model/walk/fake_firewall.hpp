// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/fake_kernel.hpp"
#include "model/walk/firewall.hpp"

#include <set>

namespace fwdguard::walk {

/// The fake kernel as walks see it. Sets and maps are of no interest to it: what changes in them
/// is one more generation.
class FakeFirewall : public Firewall {
  public:
    [[nodiscard]] Kernel& kernel() override { return kernel_; }
    void commit(const Transaction& transaction) override;
    [[nodiscard]] Listing list() override;

  private:
    void on(const AddTable& change) { kernel_.addTable(change.family, change.table); }
    void on(const DeleteTable& change);
    void on(const AddChain& change) { kernel_.addChain(change.chain, change.policy); }
    void on(const DeleteChain& change) { kernel_.deleteChain(change.chain); }
    void on(const RenameChain& change) { kernel_.renameChain(change.chain, change.to); }
    void on(const Flush& change) { kernel_.flush(change.chain); }
    void on(const ChangePolicy& change) { kernel_.setPolicy(change.chain, change.policy); }
    void on(const Write& change);
    void on(const Replace& change);
    void on(const Erase& change);
    void on(const Element& change);
    void on(const SaveAndRestore& change);

    /// nullopt: one of ours that is gone.
    [[nodiscard]] std::optional<std::size_t>
    find(const ChainId& chain, const WrittenRule& rule) const;

    model::FakeKernel kernel_;
    std::set<unsigned> set_;
    std::set<unsigned> map_;
};

} // namespace fwdguard::walk
