// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "model/walk/change.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fwdguard::walk {

struct ListedRule {
    Handle handle{};
    std::string id{};   ///< of our tag; empty: foreign
    std::string like{}; ///< as in WrittenRule; of any other shape: some text that is no name

    [[nodiscard]] const std::string& name() const { return id.empty() ? like : id; }
};

struct ListedChain {
    std::optional<Policy> policy{};
    std::vector<ListedRule> rules{};
};

struct Listing {
    std::map<ChainId, ListedChain> chains{};
    std::set<unsigned> set{}; ///< elements of `inet fw`
    std::set<unsigned> map{};
};

/// A firewall that a walk changes behind the guard's back and looks at independently of it.
class Firewall {
  public:
    virtual ~Firewall() = default;

    /// The guard's way to the same firewall.
    [[nodiscard]] virtual Kernel& kernel() = 0;

    /// Throws std::runtime_error when it is not possible, a foreign rule that is named and not
    /// there included.
    virtual void commit(const Transaction& transaction) = 0;

    [[nodiscard]] virtual Listing list() = 0;
};

} // namespace fwdguard::walk
