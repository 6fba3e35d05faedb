// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace fwdguard::test {

/// A container on another node and one on this node, joined by the current network namespace as by
/// a Docker host: 10.244.2.2 behind flannel.1 and 10.244.1.2 behind docker0. Both are veth pairs;
/// to netfilter an interface is its name.
class TwoNodes {
  public:
    TwoNodes();
    ~TwoNodes();
    TwoNodes(const TwoNodes&) = delete;
    TwoNodes& operator=(const TwoNodes&) = delete;
    TwoNodes(TwoNodes&&) = delete;
    TwoNodes& operator=(TwoNodes&&) = delete;

    /// Whether the other node's container gets an answer to a packet.
    [[nodiscard]] bool otherReachesOurs() const;

    /// The same of any address, which need not be on this node.
    [[nodiscard]] bool otherReaches(const std::string& address) const;

    /// The other way round.
    [[nodiscard]] bool oursReachesOther() const;

  private:
    std::string other_;
    std::string ours_;
};

} // namespace fwdguard::test
