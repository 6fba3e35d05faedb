// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"
#include "core/pacing.hpp"
#include "core/reconcile.hpp"
#include "core/status.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace fwdguard {

/// When and how the guard came to look at the chains.
struct Occasion {
    Now heard{};
    bool unannounced = false; ///< a sweep or a check: what it finds, no event had told
};

/// The guard's memory of one declared rule or policy.
class RuleRecord {
  public:
    RuleRecord(RuleKey key, ChainId chain, std::string place, std::size_t order);

    /// In which backend it is held; nf_tables unless told.
    void choose(BackendChoice backend) { choice_ = backend; }

    /// Takes over the history of the same rule under the configuration before this one. What the
    /// first look after it finds out of place is the new configuration's doing, not damage.
    void inherit(const RuleRecord& before, bool unchanged);

    // What a look found.
    void sawFinding(const Finding& finding, Generation generation, const Occasion& occasion);
    void sawChainMissing(bool tableMissing, Generation generation, const Occasion& occasion);

    /// Our commit of this rule's steps was acknowledged. True when it repaired a damage, false when
    /// it put a newly declared rule in place.
    bool committed(Now now, const PacingLimits& limits);

    /// The kernel refused this rule's steps. The next try waits, longer each time.
    void refused(std::error_code error, Instant now);

    /// Repairs are not wanted, only what there is to tell.
    void observe(bool only) { observed_ = only; }

    void hold(std::optional<Instant> until);
    void release() { hold_.reset(); }
    [[nodiscard]] bool held() const { return hold_.has_value(); }
    /// Of a rule that is held: nullopt until released.
    [[nodiscard]] std::optional<Instant> heldUntil() const { return hold_->until; }

    /// Whether the chain of the same names in the other backend exists.
    void twinThere(bool there) { twinThere_ = there; }

    /// Its chain is not there, and nobody need wait for that: it is held wherever its chain is, and
    /// either the other backend has it, or the record there does the waiting.
    [[nodiscard]] bool leftOut() const;

    /// What drops the rule's packets although it is in place; empty: nothing that is known.
    void shadow(std::string reason) { shadow_ = std::move(reason); }

    /// Ends what has run out: a hold, a contest.
    void expire(Instant now, const PacingLimits& limits);

    /// Repairs must not be tried now.
    [[nodiscard]] bool paused(Instant now) const;

    /// When something about this rule is to be done again without being told.
    [[nodiscard]] std::optional<Instant> wakeAt(Instant now, const PacingLimits& limits) const;

    [[nodiscard]] RuleState state() const;
    [[nodiscard]] std::string detail() const;

    /// Damage seen and neither repaired nor gone by itself.
    [[nodiscard]] bool damaged() const { return damage_.has_value(); }
    [[nodiscard]] bool chainMissing() const { return chainMissing_; }

    /// An incident is open, or was closed by a repair, and its cause is not known yet.
    [[nodiscard]] bool wantsCause() const { return incident_ && !causeKnown_; }
    void attribute(const Cause& cause, bool noAnnouncement);

    /// The incident to tell, once: when it is repaired, or at once when no repair is near (the
    /// chain is missing, the rule is held). Each repaired one is kept as the last incident.
    [[nodiscard]] std::optional<Incident> takeIncident();

    [[nodiscard]] const std::optional<Incident>& lastIncident() const { return lastIncident_; }
    [[nodiscard]] const RuleKey& key() const { return key_; }
    [[nodiscard]] const ChainId& chain() const { return chain_; }
    [[nodiscard]] const std::string& place() const { return place_; }
    [[nodiscard]] std::size_t order() const { return order_; }

    /// Fills in everything but `position` and `policy`.
    [[nodiscard]] RuleStatus status() const;

    /// True when what status() says, counters apart, has changed since this was last asked.
    [[nodiscard]] bool takeChanged();

    /// The state that was last reported; the guard keeps it here.
    std::optional<RuleState> told;

  private:
    struct Hold {
        std::optional<Instant> until{};
    };
    struct Refusal {
        std::error_code error{};
        Instant retryAt{};
        std::chrono::milliseconds delay{};
    };

    /// What makes a status worth publishing.
    struct Digest {
        RuleState state = RuleState::waiting;
        std::optional<Damage> damage{};
        std::optional<Handle> handle{};
        std::optional<std::size_t> index{};
        std::uint64_t repairs = 0;
        std::string shadow{};
        bool leftOut = false;
        bool operator==(const Digest&) const = default;
    };

    void sawDamage(Damage damage, Generation generation, const Occasion& occasion);

    RuleKey key_;
    ChainId chain_;
    std::string place_;
    std::size_t order_;

    BackendChoice choice_ = BackendChoice::nfTables;
    bool twinThere_ = false;
    bool chainMissing_ = true;
    bool tableMissing_ = false;
    std::optional<Damage> damage_; ///< as the last look found it
    std::optional<Handle> handle_;
    std::optional<std::size_t> index_;
    std::optional<Counters> counters_;

    bool installed_ = false; ///< was in place under this configuration: from then on it is damage
    std::optional<Incident> incident_;
    Now heard_; ///< of the incident
    bool unannounced_ = false;
    bool causeKnown_ = false;
    bool toldOpen_ = false;
    std::uint64_t repairs_ = 0;
    std::optional<Incident> lastIncident_;

    std::optional<Digest> published_;
    Pacing pacing_;
    std::optional<Hold> hold_;
    bool observed_ = false;
    std::optional<Refusal> refusal_;
    std::string shadow_;
};

} // namespace fwdguard
