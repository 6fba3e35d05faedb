// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/pacing.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace fwdguard;
using namespace std::chrono_literals;

namespace {
const PacingLimits limits{.burst = 3, .window = 10s, .maxDelay = 80ms};
const Instant start{1h};
} // namespace

TEST_CASE("up to the burst, repairs are immediate")
{
    Pacing pacing;
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(pacing.repaired(start + i * 1ms, limits));
    CHECK_FALSE(pacing.earliestRepair().has_value());
}

TEST_CASE("repairs that are a window apart never add up")
{
    Pacing pacing;
    for (int i = 0; i < 100; ++i)
        CHECK_FALSE(pacing.repaired(start + i * 4s, limits));
}

TEST_CASE("one more than the burst makes a contest; delays double up to the limit")
{
    Pacing pacing;
    Instant now = start;
    for (int i = 0; i < 3; ++i)
        CHECK_FALSE(pacing.repaired(now, limits));
    CHECK(pacing.repaired(now, limits));
    for (const auto delay : {10ms, 20ms, 40ms, 80ms, 80ms}) {
        REQUIRE(pacing.earliestRepair().has_value());
        CHECK(*pacing.earliestRepair() - now == delay);
        now = *pacing.earliestRepair();
        CHECK_FALSE(pacing.repaired(now, limits));
    }
}

TEST_CASE("a window without damage ends the contest, and the next repair is immediate again")
{
    Pacing pacing;
    for (int i = 0; i < 4; ++i) {
        pacing.damaged(start);
        pacing.repaired(start, limits);
    }
    CHECK(pacing.contested());
    CHECK(pacing.calmAt(limits) == start + 10s);
    CHECK_FALSE(pacing.calm(start + 9s, limits));
    CHECK(pacing.calm(start + 10s, limits));
    CHECK_FALSE(pacing.contested());
    CHECK_FALSE(pacing.repaired(start + 11s, limits));
    CHECK_FALSE(pacing.earliestRepair().has_value());
}

TEST_CASE("where a repair waits longer than a window, the contest goes on until one has lasted")
{
    constexpr PacingLimits patient{.burst = 3, .window = 1s, .maxDelay = 30s};
    Pacing pacing;
    Instant now = start;
    for (int i = 0; i < 20; ++i) {
        pacing.damaged(now);
        now = std::max(now, pacing.earliestRepair().value_or(now));
        pacing.repaired(now, patient);
    }
    CHECK_FALSE(pacing.calm(now + 29s, patient));
    CHECK(pacing.calm(now + 30s, patient));
}
