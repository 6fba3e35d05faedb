// SPDX-License-Identifier: GPL-2.0-or-later
// What fuzzing found: texts that are not JSON, and what is said of them.
#include "config/document.hpp"
#include "config/refusal.hpp"
#include "support/catch.hpp"

#include <string>
#include <variant>

using namespace fwdguard::config;

TEST_CASE("what a broken text says is not repeated as the parser's own words")
{
    for (const std::string text :
         {R"({"a": "secret; expected nothing)",
          R"({"a": "'; expected nothing)",
          "// ; expected nothing\n ,"}) {
        INFO(text);
        const auto document = parseDocument(text);
        REQUIRE(std::holds_alternative<Finding>(document));
        const std::string& found = std::get<Finding>(document).refusal.found;
        CHECK(found.find("nothing") == std::string::npos);
    }
}

TEST_CASE("the parser's own expectation is told")
{
    const auto document = parseDocument(R"({"a" 1})");
    REQUIRE(std::holds_alternative<Finding>(document));
    CHECK(std::get<Finding>(document).refusal.found.find("expected ':'") != std::string::npos);
}

TEST_CASE("a text without control characters is printable as it is, whatever its bytes")
{
    for (const std::string text :
         {"\xc2\\x0a",
          "\xc2"
          "A",
          "\xc2",
          "\xc2\xc2\xa0",
          "\xc3\xa9"}) {
        CHECK(printable(text) == text);
        CHECK_FALSE(hasControlCharacters(text));
    }
    for (const std::string text : {"\xc2\x9b", "\xc2\x80", "\xc2\xc2\x9b", "\xc2\n", "\x7f"}) {
        CHECK(hasControlCharacters(text));
        CHECK_FALSE(hasControlCharacters(printable(text)));
    }
}
