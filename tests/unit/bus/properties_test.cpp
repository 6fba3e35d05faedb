// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/properties.hpp"
#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::bus;

namespace {

RuleStatus rule(const std::string& id, Family family)
{
    RuleStatus status;
    status.key = {id, family};
    status.chain = {family, "filter", "FORWARD"};
    return status;
}

} // namespace

TEST_CASE("what a rule does not have is 0, -1 or empty on the bus")
{
    const auto properties = propertiesOf(rule("a", Family::ip6));
    CHECK(properties.family == "ip6");
    CHECK(properties.position.empty());
    CHECK(properties.handle == 0);
    CHECK(properties.index == -1);
    CHECK(properties.lastIncident == std::nullopt);
}

TEST_CASE("only properties that differ are named")
{
    RuleProperties before = propertiesOf(rule("a", Family::ip));
    auto after = before;
    CHECK(changedProperties(before, after).empty());
    after.packets = 7;
    after.state = "held";
    CHECK(changedProperties(before, after) == std::vector<std::string>{"State", "Packets"});
}

TEST_CASE("paths escape the id, and name the family only where an id has several")
{
    const auto paths = objectPaths(
        {rule("to-docker0", Family::ip),
         rule("any.one", Family::ip),
         rule("any.one", Family::ip6),
         rule("0", Family::ip)});
    CHECK(
        paths == std::vector<std::string>{
                     "/org/fwdguard1/rule/to_2ddocker0",
                     "/org/fwdguard1/rule/any_2eone/ip",
                     "/org/fwdguard1/rule/any_2eone/ip6",
                     "/org/fwdguard1/rule/_30"});
}

TEST_CASE("an incident that was repaired is another one than before")
{
    auto status = rule("a", Family::ip);
    CHECK(stampOf(status) == std::nullopt);
    status.lastIncident = Incident{};
    const auto unrepaired = stampOf(status);
    status.lastIncident->exposure = std::chrono::microseconds{41};
    CHECK(stampOf(status) != unrepaired);
}
