// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/reporter.hpp"
#include "core/status.hpp"
#include "model/walk/firewall.hpp"
#include "model/walk/owners.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace fwdguard::walk {

/// Holds what is promised of a quiet moment against what a firewall lists then.
class Judge {
  public:
    /// Empty when each declared rule is there exactly once, unaltered, at its position, where its
    /// chain is, and no other rule of ours but those that were left alone; each foreign rule, set
    /// and policy is as its owner left it and no foreign rule was written anew; and the status says
    /// so.
    [[nodiscard]] std::string verdict(
        const Declaration& declared,
        const std::vector<RetiredLeft>& leftAlone,
        const Owners& owners,
        const Listing& listing,
        const Status& status);

  private:
    [[nodiscard]] std::string foreign(const Owners& owners, const Listing& listing);
    [[nodiscard]] std::string
    handles(const Owners& owners, const ChainId& chain, const ListedChain& listed);

    /// By table, its life and the rule's name, of those whose names are given once.
    std::map<std::tuple<Family, std::string, unsigned, std::string>, Handle> handles_;
};

} // namespace fwdguard::walk
