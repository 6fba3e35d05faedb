// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/printable.hpp"
#include "report/units.hpp"
#include "support/catch.hpp"

#include <chrono>

using namespace fwdguard;
using namespace fwdguard::report;
using namespace std::chrono_literals;

TEST_CASE("a duration is told in the unit that fits")
{
    CHECK(durationText(0us) == "0 us");
    CHECK(durationText(41us) == "41 us");
    CHECK(durationText(999us) == "999 us");
    CHECK(durationText(1'000us) == "1.0 ms");
    CHECK(durationText(2'349us) == "2.3 ms");
    CHECK(durationText(9'949us) == "9.9 ms");
    CHECK(durationText(9'950us) == "10 ms");
    CHECK(durationText(23'500us) == "24 ms");
    CHECK(durationText(999'499us) == "999 ms");
    CHECK(durationText(999'500us) == "1.0 s");
    CHECK(durationText(2'300ms) == "2.3 s");
    CHECK(durationText(14s) == "14 s");
    CHECK(durationText(119'499ms) == "119 s");
    CHECK(durationText(119'500ms) == "2 min 0 s");
    CHECK(durationText(200s) == "3 min 20 s");
    CHECK(durationText(2h + 5min) == "2 h 5 min");
    CHECK(durationText(49h) == "49 h 0 min");
}

TEST_CASE("a time is RFC 3339 in UTC with milliseconds")
{
    CHECK(timeText(WallTime(1'772'366'400'123ms)) == "2026-03-01T12:00:00.123Z");
    CHECK(timeText(WallTime(1'772'366'400'007'900us)) == "2026-03-01T12:00:00.007Z");
    CHECK(timeText(WallTime(0s)) == "1970-01-01T00:00:00.000Z");
    CHECK(timeText(WallTime(-1ms)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("text for people has no control characters and no broken UTF-8")
{
    CHECK(
        printable("iptables -F \xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb3") ==
        "iptables -F \xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xb3");
    CHECK(printable(std::string_view("a\0b\tc\n\x7f", 7)) == "a\\x00b\\x09c\\x0a\\x7f");
    CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");                   // CSI as one control character
    CHECK(printable("\xff\xc3") == "\\xff\\xc3");                   // never valid; cut off
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                   // overlong
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // surrogate
    CHECK(printable("\xe2\x82x") == "\\xe2\\x82x");                 // broken off by ASCII
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80"); // beyond U+10FFFF
}
