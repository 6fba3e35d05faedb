// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/relation.hpp"
#include "support/catch.hpp"

#include <optional>
#include <string>

using namespace fwdguard;

namespace {

using Version = AddressMatch::Version;

/// "docker0", "br-+", "!eth0": as in the configuration; "" matches everything.
std::optional<InterfaceMatch> interface(std::string word)
{
    if (word.empty())
        return std::nullopt;
    InterfaceMatch match;
    match.negated = word.front() == '!';
    if (match.negated)
        word.erase(0, 1);
    match.prefix = word.back() == '+';
    if (match.prefix)
        word.pop_back();
    match.name = word;
    return match;
}

Relation in(const std::string& wanted, const std::string& other)
{
    return relate(
        {.inInterface = interface(wanted)}, {.inInterface = interface(other)}, Version::v4, {});
}

AddressMatch net(std::uint8_t first, std::uint8_t second, std::uint8_t length, bool negated = false)
{
    return {.address = {first, second}, .prefixLength = length, .negated = negated};
}

Relation from(const std::optional<AddressMatch>& wanted, const std::optional<AddressMatch>& other)
{
    return relate({.source = wanted}, {.source = other}, Version::v4, {});
}

Relation states(CtStates wanted, CtStates other)
{
    return relate({.ctState = wanted}, {.ctState = other}, Version::v4, {});
}

} // namespace

TEST_CASE("what came in through the loopback interface is not forwarded")
{
    CHECK(in("", "lo") == Relation::none);
    CHECK(in("!docker0", "lo") == Relation::none);
    CHECK(in("", "!lo") == Relation::some);
    CHECK(in("", "lo+") == Relation::some);
    CHECK(in("", "lo1") == Relation::some);
    CHECK(in("lo", "lo") == Relation::all);
}

TEST_CASE("a match without conditions gets everything, one with a condition some of everything")
{
    CHECK(in("", "") == Relation::all);
    CHECK(in("eth0", "") == Relation::all);
    CHECK(in("", "eth0") == Relation::some);
    CHECK(in("", "!eth0") == Relation::some);
}

TEST_CASE("interfaces are compared as the sets of names they stand for")
{
    CHECK(in("eth0", "eth0") == Relation::all);
    CHECK(in("eth0", "eth1") == Relation::none);
    CHECK(in("eth0", "eth+") == Relation::all);
    CHECK(in("eth+", "eth0") == Relation::some);
    CHECK(in("eth1+", "eth+") == Relation::all);
    CHECK(in("br-+", "eth+") == Relation::none);
    CHECK(in("eth0", "!eth0") == Relation::none);
    CHECK(in("eth0", "!eth1") == Relation::all);
    CHECK(in("eth+", "!eth0") == Relation::some);
    CHECK(in("eth0", "!eth+") == Relation::none);
    CHECK(in("!eth0", "eth0") == Relation::none);
    CHECK(in("!eth0", "eth1") == Relation::some);
    CHECK(in("!eth0", "eth+") == Relation::some);
    CHECK(in("!eth+", "eth0") == Relation::none);
    CHECK(in("!eth0", "!eth0") == Relation::all);
    CHECK(in("!eth+", "!eth0") == Relation::all);
    CHECK(in("!eth0", "!eth+") == Relation::some);
}

TEST_CASE("addresses are compared as the sets of addresses they stand for")
{
    CHECK(from(net(10, 1, 16), net(10, 0, 8)) == Relation::all);
    CHECK(from(net(10, 0, 8), net(10, 1, 16)) == Relation::some);
    CHECK(from(net(10, 1, 16), net(10, 2, 16)) == Relation::none);
    CHECK(from(net(10, 1, 16), net(10, 0, 8, true)) == Relation::none);
    CHECK(from(net(10, 1, 16), net(10, 2, 16, true)) == Relation::all);
    CHECK(from(net(10, 2, 15), net(10, 3, 16)) == Relation::some);
    CHECK(from(net(10, 4, 15), net(10, 3, 16)) == Relation::none);
}

TEST_CASE("a condition on an address of the other IP version is met by nobody")
{
    const AddressMatch v6{.version = Version::v6, .address = {0x20}, .prefixLength = 8};
    CHECK(relate({}, {.source = v6}, Version::v4, {}) == Relation::none);
    CHECK(relate({}, {.destination = v6}, Version::v6, {}) == Relation::some);
}

TEST_CASE("protocols, ports and connection states are compared")
{
    const Match web{.protocol = std::uint8_t{6}, .destinationPort = PortRange{80, 80}};
    const Match low{.protocol = std::uint8_t{6}, .destinationPort = PortRange{1, 1023}};
    const Match udp{.protocol = std::uint8_t{17}, .destinationPort = PortRange{80, 80}};
    CHECK(relate(web, low, Version::v4, {}) == Relation::all);
    CHECK(relate(low, web, Version::v4, {}) == Relation::some);
    CHECK(relate(web, udp, Version::v4, {}) == Relation::none);

    using enum CtStates;
    CHECK(states(newly, newly | established) == Relation::all);
    CHECK(states(newly | related, newly) == Relation::some);
    CHECK(states(newly, established | related) == Relation::none);
    CHECK(states(none, established) == Relation::some);
}

TEST_CASE("one condition out of reach is enough for none, one not sure for no more than some")
{
    const Match wanted{.inInterface = interface("eth0"), .source = net(10, 1, 16)};
    CHECK(
        relate(
            wanted,
            {.inInterface = interface("eth1"), .source = net(10, 1, 24)},
            Version::v4,
            {}) == Relation::none);
    CHECK(
        relate(
            wanted,
            {.inInterface = interface("eth0"), .source = net(10, 1, 24)},
            Version::v4,
            {}) == Relation::some);
}

TEST_CASE("a mark is never sure, for any rule may change it")
{
    const Match marked{.mark = MarkMatch{.value = 1}};
    CHECK(relate(marked, marked, Version::v4, {}) == Relation::some);
    CHECK(relate(marked, {.mark = MarkMatch{.value = 2}}, Version::v4, {}) == Relation::some);
    CHECK(relate(marked, {}, Version::v4, {}) == Relation::all);
}

TEST_CASE("what may differ between the two places is not sure where it is asked for")
{
    const Constant nothing{.outInterface = false, .destination = false, .ctState = false};
    const Match wanted{
        .inInterface = interface("eth0"),
        .outInterface = interface("eth1"),
        .destination = net(10, 1, 16),
        .ctState = CtStates::newly};
    CHECK(
        relate(wanted, {.inInterface = interface("eth0")}, Version::v4, nothing) == Relation::all);
    CHECK(relate(wanted, {.destination = net(10, 1, 16)}, Version::v4, nothing) == Relation::some);
    CHECK(relate(wanted, {.destination = net(11, 1, 16)}, Version::v4, nothing) == Relation::some);
    CHECK(relate(wanted, {.ctState = CtStates::invalid}, Version::v4, nothing) == Relation::some);
    CHECK(
        relate(wanted, {.outInterface = interface("eth2")}, Version::v4, nothing) ==
        Relation::some);
}
