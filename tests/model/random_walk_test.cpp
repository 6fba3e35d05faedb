// SPDX-License-Identifier: GPL-2.0-or-later
// Random edits by others, faults in between, and after each quiet: every declared rule exactly once
// at its position, every foreign rule as its owner left it. A walk that fails is shrunk to the few
// steps that matter. The same walks go over the real kernel in tests/netns/walk.
#include "model/shrink.hpp"
#include "model/walk/fake_firewall.hpp"
#include "model/walk/play.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <random>

using namespace fwdguard;

TEST_CASE("random edits and faults never leave a rule missing, doubled, altered or out of place")
{
    const std::uint32_t seed = walk::seedOfThisRun(std::random_device{}());
    const std::size_t steps = walk::stepsOfThisRun(20'000);
    WARN("FWDGUARD_SEED=" << seed << " FWDGUARD_STEPS=" << steps);
    const std::string failure =
        walk::playAll(seed, steps, [](const std::vector<walk::Step>& some, bool impatient) {
            walk::FakeFirewall firewall;
            return walk::play(firewall, some, impatient);
        });
    INFO(failure);
    CHECK(failure.empty());
}

TEST_CASE("a failing walk is shrunk to the steps that matter")
{
    const std::vector<walk::Step> steps = walk::randomSteps(1, 64);
    const auto has = [](const std::vector<walk::Step>& some, const walk::Step& step) {
        return std::ranges::any_of(
            some, [&](const auto& one) { return one.number == step.number; });
    };
    const auto shrunk = model::shrink(steps, [&](const std::vector<walk::Step>& some) {
        return has(some, steps[7]) && has(some, steps[50]);
    });
    REQUIRE(shrunk.size() == 2);
    CHECK(shrunk[0].number == steps[7].number);
    CHECK(shrunk[1].number == steps[50].number);
}
