// SPDX-License-Identifier: GPL-2.0-or-later
#include "scratch.hpp"
#include "support/catch.hpp"

using namespace fwdguard::config;
using namespace fwdguard::config::test;
using fwdguard::test::containing;

namespace {

std::vector<std::string> warnings(const std::string& text)
{
    const Scratch scratch;
    return loaded({.file = scratch.write("fwd-guard.json", text), .required = true}).warnings;
}

std::string rule(const std::string& id, const std::string& rest)
{
    return R"({ "id": ")" + id + R"(", "family": "ip", "table": "filter", "chain": "FORWARD", )" +
           rest + " }";
}

std::string rules(const std::string& list)
{
    return R"({ "rules": [ )" + list + " ] }";
}

} // namespace

TEST_CASE("an accept of everything is allowed on request, with a warning")
{
    const auto said = warnings(rules(rule("any", R"("verdict": "accept", "allow_any": true)")));
    REQUIRE(said.size() == 1);
    CHECK_THAT(said[0], containing("/rules/0: accepts every packet"));
}

TEST_CASE("a drop of everything is allowed on request, with a warning")
{
    const auto said =
        warnings(rules(rule("any", R"("position": "tail", "verdict": "drop", "allow_any": true)")));
    REQUIRE(said.size() == 1);
    CHECK_THAT(said[0], containing("drops every packet"));
}

TEST_CASE("a jump without a match is nothing unusual")
{
    CHECK(warnings(rules(rule("any", R"("verdict": "jump:X")"))).empty());
}

TEST_CASE("allow_any where it changes nothing is worth a word")
{
    const auto said = warnings(
        rules(rule("r", R"("verdict": "accept", "allow_any": true, "match": { "mark": "1" })")));
    REQUIRE(said.size() == 1);
    CHECK_THAT(said[0], containing("\"allow_any\" does nothing"));
}

TEST_CASE("two ids for one and the same rule are worth a word")
{
    const std::string body =
        R"("verdict": "accept", "match": { "protocol": "tcp", "source_port": 1 })";
    const std::string other =
        R"("verdict": "accept", "match": { "protocol": "udp", "source_port": 1 })";
    const auto said = warnings(rules(
        rule("a", body) + ", " + rule("b", other) + ", " + rule("c", body) + ", " +
        rule("d", body + R"(, "position": "tail")")));
    REQUIRE(said.size() == 1);
    CHECK_THAT(said[0], containing("/rules/2: does the same as rule \"a\" in ip filter FORWARD"));
}

TEST_CASE("a configuration that declares nothing is worth a word")
{
    CHECK_THAT(warnings("{}").at(0), containing("nothing to guard"));
}

TEST_CASE("the ICMP of the other address family is worth a word")
{
    CHECK_THAT(
        warnings(rules(rule("r", R"("verdict": "accept", "match": { "protocol": "icmpv6" })")))
            .at(0),
        containing("ip carries \"icmp\""));
}
