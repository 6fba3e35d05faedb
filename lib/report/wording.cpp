// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/wording.hpp"

#include "report/units.hpp"

#include <string_view>
#include <vector>

namespace fwdguard::report {

namespace {

/// Everything is a child of PID 1 when its parent is gone: that says nothing.
constexpr std::uint32_t initPid = 1;

std::string joined(const std::vector<std::string>& parts)
{
    std::string text;
    for (const std::string& part : parts)
        text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::string inParentheses(const std::vector<std::string>& parts)
{
    return parts.empty() ? std::string{} : " (" + joined(parts) + ')';
}

/// "at head", "before KUBE-FORWARD"; nothing where any place, or none, is meant. The place is spelt
/// as a position: "head", "before:KUBE-FORWARD".
std::string whereOf(std::string_view place)
{
    if (place == "head" || place == "tail")
        return " at " + std::string(place);
    const std::size_t colon = place.find(':');
    if (colon == std::string_view::npos)
        return {};
    return ' ' + std::string(place.substr(0, colon)) + ' ' + std::string(place.substr(colon + 1));
}

/// A policy has no place in its chain.
bool isPolicy(const Incident& incident)
{
    return incident.place.empty();
}

std::string damageWords(const Incident& incident)
{
    const std::string chain = toString(incident.chain);
    switch (incident.damage) {
    case Damage::chainGone:
        return "chain " + chain + " deleted";
    case Damage::tableGone:
        return "table " + std::string(toString(incident.chain.family)) + ' ' +
               incident.chain.table +
               (incident.chain.backend == BackendKind::legacy ? " (legacy) deleted" : " deleted");
    case Damage::deleted:
    case Damage::displaced:
    case Damage::altered:
    case Damage::duplicated:
        break;
    }
    if (isPolicy(incident))
        return "policy of " + chain + " changed";
    const bool gone = incident.damage == Damage::deleted;
    return std::string(toString(incident.damage)) + (gone ? " from " : " in ") + chain;
}

std::string causeWords(const Incident& incident)
{
    if (incident.missed && incident.cause == Cause{})
        return " unannounced, found by a sweep or a check";
    const std::string by = " by " + wordsOf(incident.cause);
    return incident.missed ? by + ", found by a sweep or a check" : by;
}

std::string openWords(const Incident& incident)
{
    if (incident.damage == Damage::chainGone || incident.damage == Damage::tableGone)
        return "waiting for chain " + incident.chain.chain;
    return incident.observed ? "only observed, not repaired" : "not repaired yet";
}

std::string repairWords(const Incident& incident)
{
    const std::string duration = durationText(*incident.exposure);
    if (isPolicy(incident))
        return "set back after " + duration;
    const std::string where = whereOf(incident.place);
    const std::string preposition = where.starts_with(" after ") ? " within " : " after ";
    switch (incident.damage) {
    case Damage::altered:
        return "restored" + where + preposition + duration;
    case Damage::duplicated:
        return "single again" + where + preposition + duration;
    case Damage::deleted:
    case Damage::displaced:
    case Damage::chainGone:
    case Damage::tableGone:
        break;
    }
    return "back" + (where.empty() ? " in place" : where) + preposition + duration;
}

std::string withDetail(const std::string& text, const std::string& detail)
{
    return detail.empty() ? text : text + " (" + detail + ')';
}

/// The state as the end of a sentence.
std::string stateWords(const RuleStateChanged& change)
{
    const std::string chain = toString(change.chain);
    switch (change.to) {
    case RuleState::inPlace:
        return "in place in " + chain;
    case RuleState::waiting:
        return withDetail("waiting for " + chain, change.detail);
    case RuleState::repairing:
        return withDetail("repair in " + chain + " under way", change.detail);
    case RuleState::contested:
        return "contested: repairs in " + chain + " are undone again and again by " +
               wordsOf(change.opponent) + "; the next ones wait";
    case RuleState::shadowed:
        return withDetail(
            "in place in " + chain + ", but its traffic is dropped all the same", change.detail);
    case RuleState::failed:
        return "the kernel refuses it in " + chain +
               (change.detail.empty() ? "" : ": " + change.detail) + "; trying again";
    case RuleState::held:
        return withDetail("held: repairs in " + chain + " are paused", change.detail);
    }
    return {};
}

} // namespace

std::string wordsOf(const Cause& cause)
{
    std::vector<std::string> more;
    const std::string childOf =
        cause.parent && cause.parent->pid != initPid
            ? " of " + (cause.parent->comm.empty() ? "pid " + std::to_string(cause.parent->pid)
                                                   : cause.parent->comm)
            : std::string{};
    if (!cause.comm && !cause.exe && !cause.pid) {
        if (childOf.empty())
            return cause.unit ? "processes of " + *cause.unit : "an unknown process";
        if (cause.unit)
            more.push_back(*cause.unit);
        return "children" + childOf + inParentheses(more);
    }
    std::string name = cause.comm.value_or(cause.exe.value_or("process"));
    if (cause.pid)
        more.push_back("pid " + std::to_string(*cause.pid));
    if (!childOf.empty())
        more.push_back("child" + childOf);
    if (cause.unit)
        more.push_back(*cause.unit);
    return name + inParentheses(more);
}

std::string newsOf(const Incident& incident)
{
    return damageWords(incident) + causeWords(incident) + "; " +
           (incident.exposure ? repairWords(incident) : openWords(incident));
}

std::string wordsOf(const Incident& incident)
{
    return incident.key.id + ": " + newsOf(incident);
}

std::string wordsOf(const RuleStateChanged& change)
{
    std::string text = change.key.id + ": ";
    if (change.from == RuleState::held && change.to != RuleState::held)
        text += "released; ";
    else if (change.from == RuleState::contested && change.to == RuleState::inPlace)
        text += "no longer contested; ";
    else if (change.from == RuleState::shadowed && change.to == RuleState::inPlace)
        text += "no longer shadowed; ";
    return text + stateWords(change);
}

std::string wordsOf(const Overrun& overrun)
{
    return "the kernel dropped announcements (" + std::to_string(overrun.total) +
           (overrun.total == 1 ? " time" : " times") +
           " so far); all guarded chains are read again";
}

std::string wordsOf(const RetiredRemoved& removed)
{
    return removed.key.id + ": removed from " + toString(removed.chain) +
           ", for it is not declared any more";
}

std::string wordsOf(const RetiredLeft& left)
{
    return left.key.id + ": not declared, but put back into " + toString(left.chain) + " by " +
           wordsOf(left.opponent) +
           " each time it is removed, as a second fwd-guard would do; from now on it is left alone";
}

std::string wordsOf(const RetiredRefused& refused)
{
    return refused.key.id + ": not declared, but the kernel refuses to take it out of " +
           toString(refused.chain) + ": " + refused.error.message() + "; trying again";
}

std::string wordsOf(const ReadFailed& failed)
{
    return "cannot read " + toString(failed.chain) + ": " + failed.error.message() +
           "; trying again";
}

} // namespace fwdguard::report
