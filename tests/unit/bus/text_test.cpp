// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/text.hpp"
#include "ctl/text.hpp"
#include "support/catch.hpp"

#include <string>

using fwdguard::bus::busText;
using namespace fwdguard::ctl;

TEST_CASE("text that D-Bus can carry stays as it is")
{
    for (const std::string text :
         {"",
          "plain",
          "tab\tnewline\n",
          "gr\xc3\xbc\xc3\x9f",
          "\xe2\x82\xac",
          "\xf0\x9f\x90\xb3",
          "\xed\x9f\xbf",
          "\xef\xbf\xbf",
          "\xf4\x8f\xbf\xbf"})
        CHECK(busText(text) == text);
}

TEST_CASE("each byte that D-Bus cannot carry becomes a question mark")
{
    CHECK(busText(std::string_view{"a\0b", 3}) == "a?b");
    CHECK(busText("\xff") == "?");
    CHECK(busText("\x80z") == "?z");
    CHECK(busText("cut \xe2\x82") == "cut ??");
    CHECK(busText("\xc0\xaf") == "??");           // overlong
    CHECK(busText("\xe0\x80\xaf") == "???");      // overlong
    CHECK(busText("\xf0\x8f\xbf\xbf") == "????"); // overlong
    CHECK(busText("\xed\xa0\x80") == "???");      // surrogate
    CHECK(busText("\xf4\x90\x80\x80") == "????"); // beyond U+10FFFF
    CHECK(busText("\xe2\x28\xa1") == "?(?");
}

TEST_CASE("control characters of foreign names do not reach the terminal")
{
    CHECK(printable("a\x1b[2Jb\rc\x7f") == "a?[2Jb?c?");
    CHECK(
        printable("\xc2\x9b"
                  "31m") == "?31m");
    CHECK(printable("gr\xc3\xbcn") == "gr\xc3\xbcn");
}

TEST_CASE("a cell is filled or cut to its width, counted in characters")
{
    CHECK(fitted("abc", 5) == "abc  ");
    CHECK(fitted("abcdef", 5) == "abc..");
    CHECK(fitted("\xc3\xbc\xc3\xbc\xc3\xbc", 4) == "\xc3\xbc\xc3\xbc\xc3\xbc ");
    CHECK(widthOf("\xc3\xbc\xe2\x82\xac") == 2);
}

TEST_CASE("long text is broken at spaces, and inside a word only when it must")
{
    CHECK(wrapped("one two three", 8, 2) == std::vector<std::string>{"one two", "  three"});
    CHECK(wrapped("abcdefghij", 4, 1) == std::vector<std::string>{"abcd", " efg", " hij"});
    CHECK(wrapped("", 4, 1) == std::vector<std::string>{""});
}
