// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/judge.hpp"

#include "model/walk/placing.hpp"

#include <algorithm>
#include <optional>

namespace fwdguard::walk {

namespace {

const ListedChain* find(const Listing& listing, const ChainId& chain)
{
    const auto at = listing.chains.find(chain);
    return at == listing.chains.end() ? nullptr : &at->second;
}

std::string join(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names)
        text += " " + name;
    return text;
}

std::vector<std::string> foreignIn(const ListedChain& chain)
{
    std::vector<std::string> names;
    for (const ListedRule& rule : chain.rules)
        if (rule.id.empty())
            names.push_back(rule.like);
    return names;
}

/// Of the declared rules of one chain, as listed without what was left alone there.
std::string
ours(const Declaration& declared, const ChainId& id, const std::vector<ListedRule>& listed)
{
    std::vector<const DeclaredRule*> rules;
    for (const DeclaredRule& rule : declared.rules)
        if (rule.chain == id)
            rules.push_back(&rule);
    for (const DeclaredRule* rule : rules)
        if (const auto copies = std::ranges::count(listed, rule->key.id, &ListedRule::id);
            copies != 1)
            return rule->key.id + " is there " + std::to_string(copies) + " times";
    for (const ListedRule& rule : listed) {
        if (rule.id.empty())
            continue;
        const auto is = [&](const DeclaredRule* one) { return one->key.id == rule.id; };
        if (std::ranges::none_of(rules, is))
            return rule.id + " is not declared and still there";
        if (rule.like != rule.id)
            return rule.id + " is altered: " + rule.like;
    }
    return misplaced(rules, listed);
}

std::vector<ListedRule>
without(const std::vector<RetiredLeft>& leftAlone, const ChainId& id, std::vector<ListedRule> rules)
{
    for (const RetiredLeft& left : leftAlone)
        if (left.chain == id)
            std::erase_if(rules, [&](const ListedRule& rule) { return rule.id == left.key.id; });
    return rules;
}

std::string told(const RuleStatus& status, const Listing& listing)
{
    const ListedChain* chain = find(listing, status.chain);
    const RuleState expected = chain == nullptr ? RuleState::waiting : RuleState::inPlace;
    if (status.state != expected)
        return "the status says that " + status.key.id + " is " +
               std::string(toString(status.state));
    if (chain == nullptr || status.policy)
        return "";
    const auto rule = std::ranges::find(chain->rules, status.key.id, &ListedRule::id);
    const auto index = static_cast<std::size_t>(rule - chain->rules.begin());
    if (status.handle != rule->handle || status.index != index)
        return "the status does not know where " + status.key.id + " stands";
    return "";
}

} // namespace

std::string Judge::handles(const Owners& owners, const ChainId& chain, const ListedChain& listed)
{
    const unsigned life = owners.lifeOf(chain.family, chain.table);
    for (const ListedRule& rule : listed.rules) {
        if (!rule.id.empty() || !rule.like.starts_with("f"))
            continue;
        const auto [at, first] =
            handles_.try_emplace({chain.family, chain.table, life, rule.like}, rule.handle);
        if (at->second != rule.handle)
            return rule.like + " was written anew";
    }
    return "";
}

std::string Judge::foreign(const Owners& owners, const Listing& listing)
{
    for (const auto& [id, left] : owners.chains()) {
        const ListedChain* chain = find(listing, id);
        if (chain == nullptr)
            return toString(id) + " is gone";
        if (const auto there = foreignIn(*chain); there != left.rules)
            return toString(id) + ": the owners left" + join(left.rules) + ", there is" +
                   join(there);
        if (std::string problem = handles(owners, id, *chain); !problem.empty())
            return problem;
        // What the guard holds in FORWARD may have come before, or after, it was renamed.
        const bool held = id.table == "filter" && id.family == Family::ip && left.policy;
        if (!held && chain->policy != left.policy)
            return toString(id) + ": not the owner's policy";
    }
    if (listing.set != owners.set() || listing.map != owners.map())
        return "a set or map is not as its owner left it";
    return "";
}

std::string Judge::verdict(
    const Declaration& declared,
    const std::vector<RetiredLeft>& leftAlone,
    const Owners& owners,
    const Listing& listing,
    const Status& status)
{
    std::string problem = foreign(owners, listing);
    for (const DeclaredRule& rule : declared.rules)
        if (const ListedChain* chain = find(listing, rule.chain); problem.empty() && chain)
            problem = ours(declared, rule.chain, without(leftAlone, rule.chain, chain->rules));
    for (const DeclaredPolicy& policy : declared.policies)
        if (const ListedChain* chain = find(listing, policy.chain); problem.empty() && chain)
            if (chain->policy != policy.policy)
                problem = "the policy is not restored";
    if (problem.empty() && status.rules.size() != declared.rules.size() + declared.policies.size())
        problem = "the status does not name all that is declared";
    for (const RuleStatus& rule : status.rules)
        if (problem.empty())
            problem = told(rule, listing);
    return problem;
}

} // namespace fwdguard::walk
