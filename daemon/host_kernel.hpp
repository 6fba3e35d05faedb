// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/merge.hpp"
#include "core/kernel.hpp"
#include "nft/backend.hpp"
#include "nft/tag_search.hpp"
#include "report/status_json.hpp"
#include "sys/process_lookup.hpp"
#include "xtables/backend.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace fwdguard::daemon {

/// The host's firewall, both backends of it, and its processes, as the driver uses them. A chain's
/// id says which backend is asked.
class HostKernel final : public Kernel {
  public:
    /// Opens its sockets in the current network namespace; `stream` may come from another one.
    /// Throws std::system_error.
    explicit HostKernel(xtables::AuditStream stream);

    [[nodiscard]] int watchFd() const { return nft_.watchFd(); }

    /// How much there was to take so far, at watchFd() and legacyFd().
    [[nodiscard]] std::uint64_t taken() const { return nft_.taken() + legacy_.taken(); }

    [[nodiscard]] bool filtered() const { return nft_.filtered(); }
    [[nodiscard]] bool seesAnnouncedPids() const { return processes_.seesAnnouncedPids(); }

    /// anticipate() may come to commit something.
    [[nodiscard]] bool prepared() const { return nft_.prepared(); }

    /// Makes the next anticipate() quicker, for a while.
    void rehearse() { nft_.rehearse(); }

    /// How legacy tables are to be watched from now on.
    void configure(const config::LegacyOptions& options);

    /// The kernel's audit was asked for, and is on.
    void auditIsOn() { legacy_.auditIsOn(); }

    /// Readable when hearLegacy() may have something to say.
    [[nodiscard]] int legacyFd() const { return legacy_.eventFd(); }

    /// When hearLegacy() is due although legacyFd() is silent; nullopt: never.
    [[nodiscard]] std::optional<Instant> legacyWakeAt() const;

    /// hearLegacy() is worth a call whenever we are awake: it costs little now, and nothing else
    /// tells of a legacy table that comes into being.
    [[nodiscard]] bool seekingLegacy() const { return legacy_.seeking(); }

    /// Takes what there is to hear of legacy tables; true when they are worth a look: somebody
    /// changed one, or let go of the lock that a commit needs, or they could not be read any more
    /// some time ago. changes() tells the former later.
    [[nodiscard]] bool hearLegacy();

    /// Whether tables may be other than what was read and announced. While they may not, legacy
    /// tables are not read: what nf_tables announces says nothing of them, and reading them takes
    /// longer than a repair. When they may, what is remembered of nf_tables' chains does not count.
    void suspect(bool suspected) { suspected_ = doubtful_ = suspected; }

    /// Stops watching all legacy tables but those of these chains.
    void retain(const std::vector<ChainId>& chains);

    /// How changes of legacy tables are noticed, or why they cannot be.
    [[nodiscard]] report::LegacyWatch legacyWatch() const;

    /// Who held the xtables lock when the last commit to legacy tables found it Locked; 0:
    /// somebody.
    [[nodiscard]] std::optional<std::uint32_t> lockHolder() const { return legacy_.lockHolder(); }

    /// chainsWithTags() was asked for, and continueSearch() has not brought it to its end.
    [[nodiscard]] bool searching() const { return searching_; }

    /// Goes on by a small step; the chains, once all are found. Throws std::system_error when the
    /// kernel cannot be asked; the search is over then.
    [[nodiscard]] std::optional<std::vector<ChainId>> continueSearch();

    [[nodiscard]] Changes changes() override;
    [[nodiscard]] SnapshotResult snapshot(const ChainId& chain, bool withPolicy) override;
    [[nodiscard]] CommitResult
    commit(const Plan& plan, std::optional<Generation> generation) override;
    void prepare(std::vector<PreparedRepair> repairs) override;
    bool anticipate() override;
    [[nodiscard]] std::optional<std::vector<ChainId>> chainsWithTags() override;
    [[nodiscard]] Cause identify(const Committer& committer) override;

  private:
    void takeLegacy();
    [[nodiscard]] SnapshotResult readLegacy(const ChainId& chain, bool withPolicy);

    nft::Backend nft_;
    nft::TagSearch search_;
    bool searching_ = false;
    bool searchBegun_ = false;
    xtables::Backend legacy_;
    sys::ProcessLookup processes_;
    Changes heard_;                          ///< of legacy tables
    bool suspected_ = true;                  ///< legacy tables have to be read
    bool doubtful_ = true;                   ///< chains of nf_tables have to be read
    std::map<ChainId, SnapshotResult> seen_; ///< of legacy tables
    std::optional<std::error_code> refused_; ///< reading legacy tables is not permitted
    bool permitted_ = false;                 ///< it was, once
    std::optional<Instant> readAgainAt_;     ///< as it was refused after that
};

} // namespace fwdguard::daemon
