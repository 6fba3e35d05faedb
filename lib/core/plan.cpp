// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/plan.hpp"

namespace fwdguard {

const RuleKey& keyOf(const Step& step)
{
    if (const auto* insertion = std::get_if<InsertRule>(&step))
        return insertion->rule->key;
    if (const auto* deletion = std::get_if<DeleteRule>(&step))
        return deletion->key;
    return std::get<SetPolicy>(step).key;
}

const ChainId& chainOf(const Step& step)
{
    if (const auto* insertion = std::get_if<InsertRule>(&step))
        return insertion->rule->chain;
    if (const auto* deletion = std::get_if<DeleteRule>(&step))
        return deletion->chain;
    return std::get<SetPolicy>(step).chain;
}

} // namespace fwdguard
