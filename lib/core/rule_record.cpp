// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rule_record.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds firstRefusalDelay{100};
constexpr milliseconds lastRefusalDelay{30'000};

} // namespace

RuleRecord::RuleRecord(RuleKey key, ChainId chain, std::string place, std::size_t order)
    : key_(std::move(key)), chain_(std::move(chain)), place_(std::move(place)), order_(order)
{
}

void RuleRecord::inherit(const RuleRecord& before, bool unchanged)
{
    repairs_ = before.repairs_;
    lastIncident_ = before.lastIncident_;
    hold_ = before.hold_;
    told = before.told;
    if (!unchanged)
        return;
    incident_ = before.incident_;
    heard_ = before.heard_;
    unannounced_ = before.unannounced_;
    causeKnown_ = before.causeKnown_;
    toldOpen_ = before.toldOpen_;
    pacing_ = before.pacing_;
    shadow_ = before.shadow_;
    counters_ = before.counters_;
}

void RuleRecord::sawFinding(const Finding& finding, Generation generation, const Occasion& occasion)
{
    chainMissing_ = false;
    handle_ = finding.handle;
    index_ = finding.index;
    if (finding.handle)
        counters_ = finding.counters;
    if (finding.damage) {
        sawDamage(*finding.damage, generation, occasion);
        return;
    }
    damage_.reset();
    installed_ = true;
    refusal_.reset();
    // Somebody else put it back before we did: there is no repair of ours to report.
    if (incident_ && !incident_->exposure)
        incident_.reset();
}

void RuleRecord::sawChainMissing(bool tableMissing, Generation generation, const Occasion& occasion)
{
    chainMissing_ = true;
    tableMissing_ = tableMissing;
    handle_.reset();
    index_.reset();
    refusal_.reset();
    sawDamage(tableMissing ? Damage::tableGone : Damage::chainGone, generation, occasion);
}

void RuleRecord::sawDamage(Damage damage, Generation generation, const Occasion& occasion)
{
    damage_ = damage;
    if (!installed_ && !incident_)
        return;
    if (incident_)
        return;
    pacing_.damaged(occasion.heard.instant);
    Incident& incident = incident_.emplace();
    incident.key = key_;
    incident.chain = chain_;
    incident.damage = damage;
    incident.generation = generation;
    incident.at = occasion.heard.wall;
    incident.place = place_;
    heard_ = occasion.heard;
    unannounced_ = occasion.unannounced;
    causeKnown_ = false;
    toldOpen_ = false;
}

bool RuleRecord::committed(Now now, const PacingLimits& limits)
{
    damage_.reset();
    refusal_.reset();
    handle_.reset();
    index_.reset();
    installed_ = true;
    if (!incident_)
        return false;
    incident_->exposure =
        std::chrono::duration_cast<std::chrono::microseconds>(now.instant - heard_.instant);
    ++repairs_;
    pacing_.repaired(now.instant, limits);
    return true;
}

void RuleRecord::refused(std::error_code error, Instant now)
{
    const milliseconds delay =
        refusal_ ? std::min(refusal_->delay * 2, lastRefusalDelay) : firstRefusalDelay;
    refusal_ = Refusal{.error = error, .retryAt = now + delay, .delay = delay};
}

void RuleRecord::hold(std::optional<Instant> until)
{
    hold_ = Hold{until};
}

void RuleRecord::expire(Instant now, const PacingLimits& limits)
{
    if (hold_ && hold_->until && *hold_->until <= now)
        hold_.reset();
    if (!damage_)
        pacing_.calm(now, limits);
}

bool RuleRecord::paused(Instant now) const
{
    return hold_ || observed_ || (refusal_ && now < refusal_->retryAt) ||
           pacing_.earliestRepair().value_or(now) > now;
}

std::optional<Instant> RuleRecord::wakeAt(Instant now, const PacingLimits& limits) const
{
    if (hold_)
        return hold_->until;
    if (!damage_)
        return pacing_.calmAt(limits);
    if (chainMissing_ || observed_)
        return std::nullopt; // what happens to it will be announced
    Instant at = pacing_.earliestRepair().value_or(now);
    if (refusal_)
        at = std::max(at, refusal_->retryAt);
    return at;
}

bool RuleRecord::leftOut() const
{
    return choice_ == BackendChoice::automatic && chainMissing_ &&
           (twinThere_ || chain_.backend == BackendKind::legacy);
}

RuleState RuleRecord::state() const
{
    if (hold_)
        return RuleState::held;
    if (chainMissing_)
        return RuleState::waiting;
    if (damage_ && observed_)
        return RuleState::held;
    if (refusal_)
        return RuleState::failed;
    if (pacing_.contested())
        return RuleState::contested;
    if (damage_)
        return RuleState::repairing;
    return shadow_.empty() ? RuleState::inPlace : RuleState::shadowed;
}

std::string RuleRecord::detail() const
{
    std::string damage = damage_ && installed_ ? std::string{toString(*damage_)} : std::string{};
    switch (state()) {
    case RuleState::held:
        return hold_ ? damage : (installed_ ? damage : "missing") + std::string{", only observed"};
    case RuleState::waiting:
        return tableMissing_ ? "no table " + chain_.table : "no chain " + chain_.chain;
    case RuleState::failed:
        return refusal_->error.message();
    case RuleState::contested:
    case RuleState::repairing:
    case RuleState::inPlace:
        return damage;
    case RuleState::shadowed:
        return shadow_;
    }
    return {};
}

void RuleRecord::attribute(const Cause& cause, bool noAnnouncement)
{
    incident_->cause = cause;
    incident_->missed = unannounced_ && noAnnouncement;
    causeKnown_ = true;
}

std::optional<Incident> RuleRecord::takeIncident()
{
    if (!incident_)
        return std::nullopt;
    if (incident_->exposure) {
        lastIncident_ = std::exchange(incident_, std::nullopt);
        return lastIncident_;
    }
    const bool repairIsNear = !chainMissing_ && !hold_ && !observed_;
    if (repairIsNear || std::exchange(toldOpen_, true))
        return std::nullopt;
    incident_->observed = observed_;
    incident_->state = state();
    lastIncident_ = incident_;
    return incident_;
}

RuleStatus RuleRecord::status() const
{
    return {
        .key = key_,
        .chain = chain_,
        .state = state(),
        .detail = detail(),
        .handle = handle_,
        .index = index_,
        .counters = counters_,
        .repairs = repairs_,
        .lastIncident = lastIncident_,
    };
}

bool RuleRecord::takeChanged()
{
    const Digest digest{
        .state = state(),
        .damage = damage_,
        .handle = handle_,
        .index = index_,
        .repairs = repairs_,
        .shadow = shadow_,
        .leftOut = leftOut(),
    };
    return std::exchange(published_, digest) != digest;
}

} // namespace fwdguard
