// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/reconcile.hpp"
#include "core/rule_record.hpp"
#include "core/snapshot.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard {

/// One guarded chain: what is declared for it and what is remembered of each declared rule. A chain
/// without declared rules is being rid of rules of ours that nobody declares any more.
class ChainRecord {
  public:
    explicit ChainRecord(ChainId chain) : chain_(std::move(chain)) {}

    void declare(const DeclaredRule& rule, std::size_t order);
    void declare(const DeclaredPolicy& policy, std::size_t order);

    /// Takes over what `before`, the same chain, remembers of rules that are still declared.
    void inherit(const ChainRecord& before);

    /// Forgets all declared rules, so that the next look takes them out of the kernel.
    void undeclareAll();

    [[nodiscard]] const ChainId& chain() const { return chain_; }
    /// It exists, by the last look that could see.
    [[nodiscard]] bool there() const { return there_; }

    /// A rule with our tag that nobody declares here was taken out. Returns true when it is time to
    /// give in: others have put it back so often within `window` that it will be left alone.
    [[nodiscard]] bool
    removedRetired(const std::string& id, Instant now, std::chrono::milliseconds window);

    /// The kernel refused to take out a rule that nobody declares here: no look plans that before
    /// `retryAt`. Returns true when this is the first refusal since one was taken out.
    [[nodiscard]] bool retiredRefused(Instant retryAt);

    /// When to look again for that; nullopt: nothing was refused that has not been tried since.
    [[nodiscard]] std::optional<Instant> removalAt() const { return refusedUntil_; }

    /// Whether its twin, the chain of the same names in the other backend, exists.
    void twinThere(bool there);

    [[nodiscard]] bool guardsPolicy() const { return policy_.has_value(); }
    [[nodiscard]] bool empty() const { return rules_.empty() && !policy_; }

    /// Judges a snapshot, remembers the findings and returns the steps that rules not paused need.
    [[nodiscard]] Plan look(const Snapshot& snapshot, const Occasion& occasion, Instant now);
    void look(const ChainMissing& missing, const Occasion& occasion);

    /// The steps that it needs once it holds no rule any more, if none of its rules is paused then
    /// and its policy is as declared.
    [[nodiscard]] Plan planIfEmptied() const;

    /// Rules first, in the configuration's order, then the policy.
    [[nodiscard]] std::vector<RuleRecord>& records() { return records_; }
    [[nodiscard]] const std::vector<RuleRecord>& records() const { return records_; }

    /// The record of a key, or nullptr.
    [[nodiscard]] RuleRecord* find(const RuleKey& key);

    [[nodiscard]] RuleStatus status(std::size_t record) const;

    /// Set while the chain cannot be read.
    bool unreadable = false;

  private:
    struct Removals {
        int count = 0;
        Instant last{};
    };

    [[nodiscard]] bool leftAlone(const Step& step) const;

    ChainId chain_;
    bool there_ = false;
    std::vector<GuardedRule> rules_;
    std::optional<GuardedPolicy> policy_;
    std::map<std::string, Removals> removals_; ///< of rules with our tag that nobody declares here
    std::optional<Instant> refusedUntil_;      ///< removals are not planned before
    bool refusalTold_ = false;
    std::vector<RuleRecord> records_; ///< one a rule, then one for the policy
};

/// The chains of a declaration, in order of their first rule. A rule that is held wherever its
/// chain is has a record in the chains of both backends.
[[nodiscard]] std::vector<ChainRecord> chainsOf(const Declaration& declaration);

} // namespace fwdguard
