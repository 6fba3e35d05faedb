// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/panic.hpp"

#include "core/passage.hpp"

namespace fwdguard {

std::string_view panicWords(const Survey& survey, const SurveyedChain& base)
{
    const ChainId& id = base.chain;
    if (id.table == "firewalld_policy_drop" && id.chain == "raw_prerouting")
        return "firewalld's panic mode: ";
    const auto drops = [&](const char* table, const char* chain) {
        const SurveyedChain* found = find(survey, {id.family, table, chain});
        return found != nullptr && found->base && found->base->policy == Policy::drop;
    };
    const bool all = id.table == "raw" && id.chain == "PREROUTING" && drops("raw", "PREROUTING") &&
                     drops("mangle", "PREROUTING") && drops("mangle", "FORWARD");
    return all ? "as in firewalld's panic mode: " : "";
}

} // namespace fwdguard
