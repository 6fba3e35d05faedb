// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/allowance.hpp"
#include "support/catch.hpp"

using namespace fwdguard;
using namespace std::chrono_literals;

TEST_CASE("an allowance is one part of the time, saved up to its limit")
{
    const Instant start{1h};
    Allowance allowance(60ms, 50);
    CHECK(allowance.left(start) == 60ms);

    allowance.spend(start, 50ms);
    CHECK(allowance.left(start) == 10ms);
    CHECK(allowance.left(start + 1s) == 30ms);
    CHECK(allowance.left(start + 1h) == 60ms);
    CHECK(allowance.at(30ms) == start + 1s);

    SECTION("what was spent too much is missing afterwards")
    {
        allowance.spend(start, 30ms);
        CHECK(allowance.left(start) == 0ms);
        CHECK(allowance.left(start + 1s) == 0ms);
        CHECK(allowance.left(start + 2s) == 20ms);
        CHECK(allowance.at(20ms) == start + 2s);
    }
    SECTION("what could not be saved is lost")
    {
        allowance.spend(start + 1h, 60ms);
        CHECK(allowance.left(start + 1h) == 0ms);
        CHECK(allowance.left(start + 1h + 1s) == 20ms);
    }
}
