// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/walk/change.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fwdguard::walk {

/// What the foreign rules' owners have left, by their changes alone: nothing is read from a
/// firewall. Rules of ours are not in it.
class Owners {
  public:
    struct Chain {
        std::optional<Policy> policy{};
        std::vector<std::string> rules{}; ///< names, in order
    };

    void apply(const Change& change);

    [[nodiscard]] const Chain* find(const ChainId& chain) const;
    [[nodiscard]] const std::map<ChainId, Chain>& chains() const { return chains_; }
    [[nodiscard]] const std::set<unsigned>& set() const { return set_; }
    [[nodiscard]] const std::set<unsigned>& map() const { return map_; }

    /// How often the table was made anew: handles start over with it.
    [[nodiscard]] unsigned lifeOf(Family family, const std::string& table) const;

  private:
    void on(const AddTable& change);
    void on(const DeleteTable& change);
    void on(const AddChain& change);
    void on(const DeleteChain& change);
    void on(const RenameChain& change);
    void on(const Flush& change);
    void on(const ChangePolicy& change);
    void on(const Write& change);
    void on(const Replace& change);
    void on(const Erase& change);
    void on(const Element& change);
    void on(const SaveAndRestore& change);

    std::map<ChainId, Chain> chains_;
    std::map<std::pair<Family, std::string>, unsigned> lives_;
    std::set<unsigned> set_;
    std::set<unsigned> map_;
};

} // namespace fwdguard::walk
