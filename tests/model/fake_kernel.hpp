// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "core/survey.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fwdguard::model {

/// A rule in the fake: foreign when it has no id.
struct FakeRule {
    Handle handle{};
    std::string id{};
    RuleBody body{};
    Counters counters{};
    bool operator==(const FakeRule&) const = default;
};

struct FakeChain {
    std::optional<Policy> policy{}; ///< nullopt: a regular chain
    std::vector<FakeRule> rules{};
    bool operator==(const FakeChain&) const = default;
};

/// Behaves as nf_tables does towards the driver: batches are all or nothing, handles are counted
/// per table and start over with it, every transaction raises the generation and is announced once.
/// Or as legacy tables do: a handle is a rule's place in its chain and means something only while
/// the table is as it was last read.
class FakeKernel : public Kernel {
  public:
    explicit FakeKernel(BackendKind backend = BackendKind::nfTables) : backend_(backend) {}

    // What other processes do. Each call is one committed, announced transaction.
    void addTable(Family family, const std::string& table);
    void deleteTable(Family family, const std::string& table);
    void addChain(const ChainId& chain, std::optional<Policy> policy = std::nullopt);
    void deleteChain(const ChainId& chain);
    /// Jumps to it follow.
    void renameChain(const ChainId& chain, const std::string& to);
    void flush(const ChainId& chain);
    void insert(const ChainId& chain, std::size_t index, FakeRule rule);
    void erase(const ChainId& chain, std::size_t index);
    void replace(const ChainId& chain, std::size_t index, FakeRule rule);
    void setPolicy(const ChainId& chain, Policy policy);
    /// A transaction that touches no guarded chain.
    void touchElsewhere();
    /// Deletes the table and creates it again as it was, with other handles.
    void writeAnew(Family family, const std::string& table);
    /// What these calls do becomes one transaction.
    void atOnce(const std::function<void()>& calls);

    /// Whom the next transactions are announced as.
    Committer actor{.pid = 4242, .comm = "iptables"};

    // Faults. The counted ones are used up by the calls that they fail.
    int failSnapshots = 0;
    int staleCommits = 0;
    bool locked = false;                ///< another process holds the lock
    bool unlocked = false;              ///< somebody has let go of it
    bool loseAnnouncements = false;     ///< transactions go unannounced and leave an overrun
    bool silent = false;                ///< transactions go unannounced, without a trace
    std::set<std::string> refusedIds{}; ///< inserting these rules fails with EOPNOTSUPP
    std::set<std::string> stuckIds{};   ///< deleting these rules fails with EBUSY
    /// Runs once, at the end of the next read: a process that is just too late to be seen by it.
    std::function<void()> afterSnapshot{};
    /// Runs at the start of each commit: a process that gets in between.
    std::function<void()> beforeCommit{};
    /// Runs after each commit that was applied: an opponent.
    std::function<void()> afterCommit{};

    // What the tests look at.
    std::size_t identified = 0; ///< committers that were asked about
    [[nodiscard]] const FakeChain* find(const ChainId& chain) const;
    [[nodiscard]] Survey survey() const;
    [[nodiscard]] bool pending() const { return overrun_ || !announced_.empty(); }
    [[nodiscard]] Generation generation() const { return generation_; }
    int commits = 0;     ///< applied ones of ours
    int lockedOut = 0;   ///< those that the lock was in the way of
    int refusals = 0;    ///< those that failed
    int anticipated = 0; ///< tries to commit that the guard had not asked for yet
    int snapshots = 0;   ///< reads

    // Kernel
    [[nodiscard]] Changes changes() override;
    [[nodiscard]] SnapshotResult snapshot(const ChainId& chain, bool withPolicy) override;
    [[nodiscard]] CommitResult
    commit(const Plan& plan, std::optional<Generation> generation) override;
    void prepare(std::vector<PreparedRepair> repairs) override;
    bool anticipate() override;
    [[nodiscard]] std::optional<std::vector<ChainId>> chainsWithTags() override;
    [[nodiscard]] Cause identify(const Committer& committer) override;

  private:
    struct Table {
        std::map<std::string, FakeChain> chains{};
        std::uint64_t lastHandle = 0;
    };
    using Tables = std::map<std::pair<Family, std::string>, Table>;

    /// A commit that the guard had not asked for yet, and what there was before it.
    struct Anticipated {
        Tables before{};
        Generation generation{};
        Plan plan{};
        CommitResult result{};
    };

    void committed();
    void renumber();
    [[nodiscard]] static const FakeChain* find(const Tables& tables, const ChainId& chain);
    [[nodiscard]] PreparedRepair* repairNow();
    [[nodiscard]] bool preparedForAnother() const;
    void settle();
    CommitResult commitNow(const Plan& plan, std::optional<Generation> generation);
    FakeChain& at(const ChainId& chain);
    [[nodiscard]] std::optional<std::errc> apply(Tables& tables, const Step& step) const;

    BackendKind backend_;
    Generation read_{}; ///< when a chain was last read
    Tables tables_{};
    std::vector<PreparedRepair> prepared_{};
    Tables settled_{};       ///< as they were when repairs were prepared, or the guard looked since
    bool unsettled_ = false; ///< they are others, and no repair was due then
    std::optional<Anticipated> anticipated_{};
    Generation generation_{1};
    Generation latest_{};
    std::vector<Transaction> announced_{};
    bool overrun_ = false;
    bool open_ = false; ///< in atOnce()
};

} // namespace fwdguard::model
