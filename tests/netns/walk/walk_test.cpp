// SPDX-License-Identifier: GPL-2.0-or-later
// The model tier's random walks over the real kernel. CONTRIBUTING.md has the command of the full
// walk.
#include "model/walk/play.hpp"
#include "netns/walk/netns_firewall.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

using namespace fwdguard;

namespace {

constexpr std::size_t usualSteps = 5'000;

// The same walk each time: a run of all tests fails for what was changed, not for the day's luck.
constexpr std::uint32_t usualSeed = 1;

} // namespace

TEST_CASE("whatever others do on the real kernel, each rule is there once, unaltered, in its place")
{
    const std::uint32_t seed = walk::seedOfThisRun(usualSeed);
    const std::size_t steps = walk::stepsOfThisRun(usualSteps);
    WARN("FWDGUARD_SEED=" << seed << " FWDGUARD_STEPS=" << steps);
    const std::string failure =
        walk::playAll(seed, steps, [](const std::vector<walk::Step>& some, bool impatient) {
            const test::FreshNetns netns;
            test::NetnsFirewall firewall;
            return walk::play(firewall, some, impatient);
        });
    INFO(failure);
    CHECK(failure.empty());
}
