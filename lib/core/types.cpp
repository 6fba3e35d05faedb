// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/types.hpp"

#include "core/words.hpp"

namespace fwdguard {

namespace {
constexpr std::array<std::string_view, 4> familyWords{"ip", "ip6", "inet", "bridge"};
constexpr std::array<std::string_view, 2> policyWords{"accept", "drop"};
constexpr std::array<std::string_view, backendKinds> backendWords{"nf_tables", "legacy"};
constexpr std::array<std::string_view, 7> ruleStateWords{
    "in-place", "waiting", "repairing", "contested", "shadowed", "failed", "held"};
} // namespace

std::string_view toString(Family family)
{
    return wordOf(familyWords, family);
}

std::optional<Family> parseFamily(std::string_view word)
{
    return enumeratorOf<Family>(familyWords, word);
}

std::string_view toString(BackendKind backend)
{
    return wordOf(backendWords, backend);
}

ChainId twinOf(ChainId chain)
{
    const bool legacy = chain.backend == BackendKind::legacy;
    chain.backend = legacy ? BackendKind::nfTables : BackendKind::legacy;
    return chain;
}

std::string toString(const ChainId& chain)
{
    std::string text{toString(chain.family)};
    text.append(" ").append(chain.table).append(" ").append(chain.chain);
    if (chain.backend == BackendKind::legacy)
        text.append(" (legacy)");
    return text;
}

std::string_view toString(Policy policy)
{
    return wordOf(policyWords, policy);
}

std::string_view toString(RuleState state)
{
    return wordOf(ruleStateWords, state);
}

std::optional<RuleState> parseRuleState(std::string_view word)
{
    return enumeratorOf<RuleState>(ruleStateWords, word);
}

} // namespace fwdguard
