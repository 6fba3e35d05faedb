// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/arguments.hpp"
#include "support/catch.hpp"

#include <limits>

using namespace fwdguard::bus;

TEST_CASE("a method takes a declared rule or all, and names the declared ones to whoever errs")
{
    CHECK_FALSE(refuseRule("a", {"a", "b"}));
    CHECK_FALSE(refuseRule("all", {}));
    const auto error = refuseRule("c\x1b[31m", {"a", "b"});
    REQUIRE(error);
    CHECK(error->text == "no rule \"c?[31m\"; declared: a, b");
    CHECK(refuseRule(std::string(100, 'x'), {})->text.size() < 100);
}

TEST_CASE("a hold lasts at most a year, or until released")
{
    CHECK_FALSE(refuseDuration(0));
    CHECK_FALSE(refuseDuration(longestHold));
    CHECK(refuseDuration(longestHold + 1));
    CHECK(refuseDuration(std::numeric_limits<std::uint64_t>::max()));
}
