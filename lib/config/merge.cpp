// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/merge.hpp"

#include "config/names.hpp"
#include "config/refusal.hpp"
#include "config/rule_checks.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace fwdguard::config {

namespace {

/// Where an entry stands.
struct Place {
    const std::filesystem::path* file;
    std::string pointer;
};

std::string toString(const Place& place)
{
    return place.file->string() + ": " + place.pointer;
}

/// Equal rules have equal keys; unequal ones mostly have not.
using Bucket = std::pair<ChainId, std::string>;

Bucket bucketOf(const DeclaredRule& rule)
{
    const Match& match = rule.body.match;
    std::string text;
    for (const auto& interface : {match.inInterface, match.outInterface})
        text += interface ? interface->name + '/' : "/";
    for (const auto& address : {match.source, match.destination})
        if (address)
            text.append(address->address.begin(), address->address.end());
    for (const auto& ports : {match.sourcePort, match.destinationPort})
        text += ports ? std::to_string(ports->first) + '/' : "/";
    return {rule.chain, std::move(text)};
}

class Merger {
  public:
    std::optional<Problem> add(const NamedPart& named);
    Merged result() &&;

  private:
    std::optional<Problem> addRule(const RuleEntry& entry, const Place& place);
    std::optional<Problem> addPolicy(const PolicyEntry& entry, const Place& place);
    std::optional<Problem> addFlow(const Flow& flow, const Place& place);
    std::optional<Problem> claim(const std::string& id, const Place& place, std::string_view key);
    void warnOfTwin(const DeclaredRule& rule, const Place& place);
    void override(const Part& part);
    void resolveBackends();

    Merged merged_;
    std::map<std::string, Place> ids_;
    /// What each of the declaration's rules and policies chose, in their order.
    std::vector<std::optional<BackendChoice>> ruleChoices_;
    std::vector<std::optional<BackendChoice>> policyChoices_;
    std::multimap<Bucket, std::size_t> buckets_; ///< indices into the declaration's rules
};

std::optional<Problem>
Merger::claim(const std::string& id, const Place& place, std::string_view key)
{
    const auto [earlier, isNew] = ids_.try_emplace(id, place);
    if (isNew)
        return std::nullopt;
    return Problem{
        .file = *place.file,
        .pointer = place.pointer + std::string{key},
        .found = "the id " + inQuotes(id) + ", already declared at " + toString(earlier->second),
        .allowed = "each id once, over all files"};
}

void Merger::warnOfTwin(const DeclaredRule& rule, const Place& place)
{
    const std::vector<DeclaredRule>& rules = merged_.declaration.rules;
    const Bucket bucket = bucketOf(rule);
    const auto [begin, end] = buckets_.equal_range(bucket);
    for (auto it = begin; it != end; ++it) {
        const DeclaredRule& other = rules[it->second];
        if (other.body != rule.body || other.position != rule.position)
            continue;
        merged_.warnings.push_back(
            toString(place) + ": does the same as rule " + inQuotes(other.key.id) + " in " +
            fwdguard::toString(rule.chain));
        return; // and stays out of the bucket: a thousand twins need no thousand comparisons
    }
    buckets_.emplace(bucket, rules.size());
}

std::optional<Problem> Merger::addRule(const RuleEntry& entry, const Place& place)
{
    if (auto problem = claim(entry.id, place, "/id"))
        return problem;
    for (const std::string& warning : warningsOf(entry))
        merged_.warnings.push_back(toString(place) + ": " + warning);
    for (const Family family : entry.families) {
        DeclaredRule rule{
            .key = {.id = entry.id, .family = family},
            .chain = {.family = family, .table = entry.table, .chain = entry.chain},
            .position = entry.position,
            .body = entry.body};
        warnOfTwin(rule, place);
        ruleChoices_.push_back(entry.backend);
        merged_.declaration.rules.push_back(std::move(rule));
    }
    return std::nullopt;
}

std::optional<Problem> Merger::addPolicy(const PolicyEntry& entry, const Place& place)
{
    for (const Family family : entry.families) {
        const std::string id = "policy-" + std::string{fwdguard::toString(family)} + '-' +
                               entry.table + '-' + entry.chain;
        if (auto problem = claim(id, place, {}))
            return problem;
        policyChoices_.push_back(entry.backend);
        merged_.declaration.policies.push_back(
            {.key = {.id = id, .family = family},
             .chain = {.family = family, .table = entry.table, .chain = entry.chain},
             .policy = entry.policy});
    }
    return std::nullopt;
}

std::optional<Problem> Merger::addFlow(const Flow& flow, const Place& place)
{
    if (auto problem = claim(flow.id, place, "/id"))
        return problem;
    for (const std::string& id : ruleIdsOf(flow))
        if (auto problem = claim(id, place, "/id"))
            return problem;
    merged_.flows.push_back(flow);
    return std::nullopt;
}

void Merger::override(const Part& part)
{
    Declaration& declaration = merged_.declaration;
    declaration.pacing.burst = part.burst.value_or(declaration.pacing.burst);
    declaration.pacing.window = part.window.value_or(declaration.pacing.window);
    declaration.pacing.maxDelay = part.maxDelay.value_or(declaration.pacing.maxDelay);
    declaration.sweep = part.sweep.value_or(declaration.sweep);
    declaration.onStop = part.onStop.value_or(declaration.onStop);
    declaration.mode = part.mode.value_or(declaration.mode);
    merged_.dockerConfig = part.dockerConfig.value_or(merged_.dockerConfig);
    merged_.backend = part.backend.value_or(merged_.backend);
    LegacyOptions& legacy = merged_.legacy;
    legacy.watch = part.legacy.watch.value_or(legacy.watch);
    legacy.pollInterval = part.legacy.pollInterval.value_or(legacy.pollInterval);
    legacy.enableAudit = part.legacy.enableAudit.value_or(legacy.enableAudit);
}

/// Only the last file's word on all counts, and what legacy tables cannot have is in nf_tables.
void Merger::resolveBackends()
{
    const auto resolve = [this](auto& declared, std::optional<BackendChoice> own) {
        declared.backend = isIptablesTable(declared.chain.family, declared.chain.table)
                               ? own.value_or(merged_.backend)
                               : BackendChoice::nfTables;
    };
    for (std::size_t i = 0; i < ruleChoices_.size(); ++i)
        resolve(merged_.declaration.rules[i], ruleChoices_[i]);
    for (std::size_t i = 0; i < policyChoices_.size(); ++i)
        resolve(merged_.declaration.policies[i], policyChoices_[i]);
}

std::optional<Problem> Merger::add(const NamedPart& named)
{
    override(named.part);
    for (std::size_t i = 0; i < named.part.rules.size(); ++i) {
        const Place place{.file = &named.file, .pointer = "/rules/" + std::to_string(i)};
        if (auto problem = addRule(named.part.rules[i], place))
            return problem;
    }
    for (std::size_t i = 0; i < named.part.policies.size(); ++i) {
        const Place place{.file = &named.file, .pointer = "/policies/" + std::to_string(i)};
        if (auto problem = addPolicy(named.part.policies[i], place))
            return problem;
    }
    for (std::size_t i = 0; i < named.part.flows.size(); ++i) {
        const Place place{.file = &named.file, .pointer = "/flows/" + std::to_string(i)};
        if (auto problem = addFlow(named.part.flows[i], place))
            return problem;
    }
    return std::nullopt;
}

Merged Merger::result() &&
{
    resolveBackends();
    for (std::string& warning : merged_.warnings)
        warning = printable(warning);
    return std::move(merged_);
}

} // namespace

std::variant<Merged, Problem> merge(const std::vector<NamedPart>& parts)
{
    Merger merger;
    for (const NamedPart& part : parts)
        if (auto problem = merger.add(part))
            return *std::move(problem);
    Merged merged = std::move(merger).result();
    const bool empty = merged.declaration.rules.empty() && merged.declaration.policies.empty() &&
                       merged.flows.empty();
    if (empty && !parts.empty()) {
        merged.warnings.push_back(
            printable(parts.front().file.string()) +
            ": declares no rule, no policy and no flow: nothing to guard");
    }
    if (merged.declaration.mode == Mode::observe)
        merged.warnings.emplace_back(
            "the mode is \"observe\": damage is reported, and nothing is repaired");
    return merged;
}

} // namespace fwdguard::config
