// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/plan.hpp"

namespace fwdguard {

const RuleKey& keyOf(const Step& step)
{
    return std::visit([](const auto& s) -> const RuleKey& { return s.key; }, step);
}

const ChainId& chainOf(const Step& step)
{
    return std::visit([](const auto& s) -> const ChainId& { return s.chain; }, step);
}

} // namespace fwdguard
