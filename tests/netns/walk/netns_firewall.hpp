// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/backend_kernel.hpp"
#include "model/walk/firewall.hpp"
#include "netns/tags.hpp"
#include "netns/walk/nft_session.hpp"
#include "netns/walk/words.hpp"

#include <map>
#include <set>

namespace fwdguard::test {

/// The current network namespace's nf_tables as walks see it: changed by libnftables, `nft`,
/// `iptables` and `iptables-restore`, listed by libnftables and `iptables -S`.
class NetnsFirewall : public walk::Firewall {
  public:
    [[nodiscard]] Kernel& kernel() override { return kernel_; }
    void commit(const walk::Transaction& transaction) override;
    [[nodiscard]] walk::Listing list() override;

  private:
    [[nodiscard]] std::optional<Place> find(const ChainId& chain, const walk::WrittenRule& rule);
    void readComments(const ChainId& chain, walk::ListedChain& listed) const;

    /// Of one transaction: the chains that it names as they were before, and what it used of them.
    std::map<ChainId, walk::ListedChain> before_;
    std::set<std::uint64_t> used_;
    NftSession nft_;
    model::BackendKernel<test::SearchingBackend> kernel_;
};

} // namespace fwdguard::test
