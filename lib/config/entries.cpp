// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/entries.hpp"

#include "config/chain_words.hpp"
#include "config/fields.hpp"
#include "config/names.hpp"
#include "config/rule_checks.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace fwdguard::config {

namespace {

Parsed<Family> parseFamilyName(std::string_view text)
{
    constexpr std::array<Family, 4> all{Family::ip, Family::ip6, Family::inet, Family::bridge};
    if (const auto family = parseFamily(text))
        return *family;
    std::array<std::string_view, all.size()> words;
    std::transform(all.begin(), all.end(), words.begin(), [](Family one) { return toString(one); });
    return Refusal{.found = inQuotes(text), .allowed = oneOf(words, text)};
}

Outcome readFamily(const Value& value, Family& into)
{
    return readText(value, into, parseFamilyName);
}

Parsed<Policy> parsePolicyWord(std::string_view text)
{
    constexpr std::array<Policy, 2> all{Policy::accept, Policy::drop};
    std::array<std::string_view, all.size()> words;
    for (std::size_t i = 0; i < all.size(); ++i) {
        words[i] = toString(all[i]);
        if (words[i] == text)
            return all[i];
    }
    return Refusal{.found = inQuotes(text), .allowed = oneOf(words, text)};
}

template <class Entry>
Outcome families(const Value& value, Entry& into)
{
    return readFamilies(value, into.families);
}

Outcome readRuleMatch(const Value& value, RuleEntry& into)
{
    return readMatch(value, into.body.match);
}

Outcome readVerdict(const Value& value, RuleEntry& into)
{
    return readText(value, into.body.verdict, parseVerdict);
}

constexpr std::array<Key<RuleEntry>, 9> keysOfRule{{
    {"id", Need::required, text<RuleEntry, &RuleEntry::id, parseId>},
    {"family", Need::required, families<RuleEntry>},
    {"table", Need::required, text<RuleEntry, &RuleEntry::table, parseTableName>},
    {"chain", Need::required, text<RuleEntry, &RuleEntry::chain, parseChainName>},
    {"position", Need::optional, text<RuleEntry, &RuleEntry::position, parsePosition>},
    {"match", Need::optional, readRuleMatch},
    {"verdict", Need::required, readVerdict},
    {"allow_any", Need::optional, boolean<RuleEntry, &RuleEntry::allowAny>},
    {"backend", Need::optional, text<RuleEntry, &RuleEntry::backend, parseBackend>},
}};

constexpr std::array<Key<PolicyEntry>, 5> keysOfPolicy{{
    {"family", Need::required, families<PolicyEntry>},
    {"table", Need::required, text<PolicyEntry, &PolicyEntry::table, parseTableName>},
    {"chain", Need::required, text<PolicyEntry, &PolicyEntry::chain, parseChainName>},
    {"policy", Need::required, text<PolicyEntry, &PolicyEntry::policy, parsePolicyWord>},
    {"backend", Need::optional, text<PolicyEntry, &PolicyEntry::backend, parseBackend>},
}};

} // namespace

Parsed<BackendChoice> parseBackend(std::string_view text)
{
    constexpr std::array<BackendChoice, 3> all{
        BackendChoice::automatic, BackendChoice::nfTables, BackendChoice::legacy};
    constexpr std::array<std::string_view, all.size()> words{"auto", "nf_tables", "legacy"};
    for (std::size_t i = 0; i < all.size(); ++i)
        if (words[i] == text)
            return all[i];
    return Refusal{.found = inQuotes(text), .allowed = oneOf(words, text)};
}

Outcome readFamilies(const Value& value, std::vector<Family>& into)
{
    if (value.kind == Value::Kind::string)
        return readFamily(value, into.emplace_back());
    if (value.kind != Value::Kind::array || value.items.empty())
        return wrongType(value, R"(a family such as "ip", or a list such as ["ip", "ip6"])");
    if (Outcome outcome = readList(value, into, readFamily))
        return outcome;
    for (std::size_t i = 1; i < into.size(); ++i) {
        const auto earlier = into.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(into.begin(), earlier, into[i]) != earlier) {
            return within(
                std::to_string(i),
                refuse(
                    {.found = describe(value.items[i]) + " again", .allowed = "each family once"}));
        }
    }
    return std::nullopt;
}

Outcome readRule(const Value& value, RuleEntry& into)
{
    if (Outcome outcome = readObject(value, keysOfRule, into))
        return outcome;
    return checkRule(into);
}

Outcome readPolicy(const Value& value, PolicyEntry& into)
{
    if (Outcome outcome = readObject(value, keysOfPolicy, into))
        return outcome;
    return checkPolicy(into);
}

std::vector<std::string_view> ruleKeys()
{
    return namesOf(keysOfRule);
}

std::vector<std::string_view> policyKeys()
{
    return namesOf(keysOfPolicy);
}

} // namespace fwdguard::config
