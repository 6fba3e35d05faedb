// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/panic.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <utility>
#include <vector>

using namespace fwdguard;

namespace {

SurveyedChain base(const ChainId& id, Hook hook, Policy policy)
{
    return {.chain = id, .base = BaseHook{.hook = hook, .policy = policy}};
}

Survey survey(std::vector<SurveyedChain> chains)
{
    std::ranges::sort(chains, {}, &SurveyedChain::chain);
    return {.chains = std::move(chains)};
}

const ChainId raw{.family = Family::ip6, .table = "raw", .chain = "PREROUTING"};
const ChainId before{.family = Family::ip6, .table = "mangle", .chain = "PREROUTING"};
const ChainId during{.family = Family::ip6, .table = "mangle", .chain = "FORWARD"};

} // namespace

TEST_CASE("firewalld's table of policies is its panic mode")
{
    const auto panic = base(
        {.family = Family::inet, .table = "firewalld_policy_drop", .chain = "raw_prerouting"},
        Hook::prerouting,
        Policy::drop);
    CHECK(panicWords(survey({panic}), panic) == "firewalld's panic mode: ");
    // While firewalld starts and reloads, its table has this one.
    const auto reload = base(
        {.family = Family::inet, .table = "firewalld_policy_drop", .chain = "filter_FORWARD"},
        Hook::forward,
        Policy::drop);
    CHECK(panicWords(survey({reload}), reload).empty());
}

TEST_CASE("raw and mangle that drop by policy look like firewalld's panic mode, one alone does not")
{
    const auto dropped = [](Policy inRaw, Policy early, Policy late) {
        const auto chain = base(raw, Hook::prerouting, inRaw);
        return panicWords(
            survey(
                {chain, base(before, Hook::prerouting, early), base(during, Hook::forward, late)}),
            chain);
    };
    CHECK(dropped(Policy::drop, Policy::drop, Policy::drop) == "as in firewalld's panic mode: ");
    CHECK(dropped(Policy::accept, Policy::drop, Policy::drop).empty());
    CHECK(dropped(Policy::drop, Policy::accept, Policy::drop).empty());
    CHECK(dropped(Policy::drop, Policy::drop, Policy::accept).empty());
    const auto alone = base(raw, Hook::prerouting, Policy::drop);
    CHECK(panicWords(survey({alone}), alone).empty());
    auto otherFamily = raw;
    otherFamily.family = Family::ip;
    const auto other = base(otherFamily, Hook::prerouting, Policy::drop);
    const auto ofTwo = survey(
        {other,
         base(before, Hook::prerouting, Policy::drop),
         base(during, Hook::forward, Policy::drop)});
    CHECK(panicWords(ofTwo, other).empty());
}
