// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/walk/change.hpp"
#include "model/walk/owners.hpp"
#include "model/walk/steps.hpp"

#include <string>
#include <vector>

namespace fwdguard::walk {

class Draw;

/// Says what other processes do in a step.
class Foreigner {
  public:
    /// What the owners have left; must outlive this.
    explicit Foreigner(const Owners& owners) : owners_(owners) {}

    /// All tables, chains, sets and maps of the field.
    [[nodiscard]] std::vector<Transaction> begin() const;

    /// Empty where the step has nothing to act on, and for steps that are not others'.
    [[nodiscard]] std::vector<Transaction> act(const Step& step);

    /// A rule in FORWARD, at the head or as all that is left of it: what gets in between a decision
    /// and its commit.
    [[nodiscard]] std::vector<Transaction> interfere(const Step& step);

  private:
    using Changes = std::vector<Change>;
    using Transactions = std::vector<Transaction>;

    Transactions write(Draw& draw);
    Transactions jump(Draw& draw) const;
    Transactions erase(Draw& draw) const;
    Transactions replace(Draw& draw);
    Transactions tagged(Draw& draw) const;
    Transactions eraseOurs(Draw& draw) const;
    Transactions alterOurs(Draw& draw);
    Transactions flush(Draw& draw) const;
    Transactions batch(Draw& draw);
    Transactions deleteChain(Draw& draw) const;
    Transactions addChain(Draw& draw) const;
    Transactions rename(Draw& draw) const;
    Transactions recreateTable(Draw& draw);
    Transactions policy(Draw& draw) const;
    Transactions restore(Draw& draw);
    Transactions restoreNoflush(Draw& draw);
    Transactions element(Draw& draw) const;

    [[nodiscard]] std::string fresh() { return "f" + std::to_string(named_++); }
    [[nodiscard]] std::vector<ChainId> writable() const;
    [[nodiscard]] const std::vector<std::string>& rulesOf(const ChainId& chain) const;
    [[nodiscard]] bool iptablesReads() const;
    [[nodiscard]] Tool toolFor(const ChainId& chain, Draw& draw) const;
    [[nodiscard]] Changes removal(const ChainId& chain) const;
    [[nodiscard]] Changes tableOfNft(Draw& draw);

    const Owners& owners_;
    unsigned named_ = 0;
};

} // namespace fwdguard::walk
