// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/duration.hpp"
#include "support/catch.hpp"

using fwdguard::ctl::parseDuration;
using namespace std::chrono_literals;

TEST_CASE("a duration is a number with one unit, or plain seconds")
{
    CHECK(parseDuration("30s") == 30s);
    CHECK(parseDuration("10m") == 600s);
    CHECK(parseDuration("2h") == 7200s);
    CHECK(parseDuration("1d") == 86'400s);
    CHECK(parseDuration("45") == 45s);
    CHECK(parseDuration("366d") == 31'622'400s);
}

TEST_CASE("what is no duration, is nothing, or is longer than a year is refused")
{
    for (const auto* text :
         {"",
          "s",
          "0",
          "0s",
          "-1",
          "+1",
          " 1",
          "1 s",
          "1.5h",
          "1w",
          "1ms",
          "1h30m",
          "367d",
          "4294967296",
          "99999999999999999999"}) {
        INFO(text);
        CHECK_FALSE(parseDuration(text));
    }
}
