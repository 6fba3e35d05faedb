// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "nft/dialogue.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <system_error>
#include <vector>

namespace fwdguard::nft {

/// Looks for the chains that hold a rule with our tag, anywhere, in small steps. Chain by chain,
/// for the kernel goes through all that is dumped anew for each datagram (nf_tables_dump_rules).
class TagSearch {
  public:
    using Progress = Dialogue::Progress; ///< done: take() has them; else begin() again

    /// Starts over. Only when no search is going on.
    [[nodiscard]] Progress begin();

    /// Takes one datagram from the kernel.
    [[nodiscard]] Progress step();

    /// In ascending order. Of a chain that was rewritten all the time, what could be seen.
    [[nodiscard]] std::vector<ChainId> take();
    [[nodiscard]] std::error_code error() const { return dialogue_.error(); }

  private:
    [[nodiscard]] Progress askAgain();
    [[nodiscard]] Progress take(const Message& message);
    [[nodiscard]] Progress dumpEnded();
    void takeChain(const Message& message);
    void takeRule(const Message& message);

    Dialogue dialogue_;

    // Of the search that is going on.
    bool listing_ = false; ///< the chains; then their rules
    bool interrupted_ = false;
    int attempts_ = 0;
    std::vector<ChainId> listed_; ///< that have rules
    std::size_t at_ = 0;          ///< into listed_
    std::set<ChainId> found_;
};

} // namespace fwdguard::nft
