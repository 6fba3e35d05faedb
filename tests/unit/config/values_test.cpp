// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/address.hpp"
#include "config/chain_words.hpp"
#include "config/names.hpp"
#include "config/numbers.hpp"
#include "scratch.hpp"
#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::config;
using namespace fwdguard::config::test;

namespace {

template <class T>
T value(const Parsed<T>& parsed)
{
    if (const auto* refusal = std::get_if<Refusal>(&parsed))
        FAIL(refusal->found << "; " << refusal->allowed);
    return std::get<T>(parsed);
}

template <class T>
bool isRefused(const Parsed<T>& parsed)
{
    return std::holds_alternative<Refusal>(parsed);
}

/// A rule for the chain FORWARD with this match.
Match matchOf(const std::string& match)
{
    return onlyRule(
               R"({ "id": "r", "family": "inet", "table": "t", "chain": "c",
                    "verdict": "drop", "match": )" +
               match + " }")
        .body.match;
}

} // namespace

TEST_CASE("interfaces: a name, its negation, a prefix")
{
    CHECK(value(parseInterface("docker0")) == InterfaceMatch{.name = "docker0"});
    CHECK(
        value(parseInterface("!docker0")) ==
        InterfaceMatch{.name = "docker0", .prefix = false, .negated = true});
    CHECK(
        value(parseInterface("!veth+")) ==
        InterfaceMatch{.name = "veth", .prefix = true, .negated = true});
    CHECK(value(parseInterface("a+b")) == InterfaceMatch{.name = "a+b"});
    CHECK(value(parseInterface("abcdefghijklmno")).name.size() == 15);
    CHECK(value(parseInterface("!abcdefghijklmno")).name.size() == 15);
    CHECK(value(parseInterface("abcdefghijklmn+")).name.size() == 14);
}

TEST_CASE("addresses: a host is its longest prefix")
{
    using Version = AddressMatch::Version;
    CHECK(
        value(parseAddress("192.0.2.1")) ==
        AddressMatch{.version = Version::v4, .address = {192, 0, 2, 1}, .prefixLength = 32});
    CHECK(
        value(parseAddress("!10.128.0.0/9")) ==
        AddressMatch{
            .version = Version::v4, .address = {10, 128}, .prefixLength = 9, .negated = true});
    CHECK(
        value(parseAddress("2001:db8::/32")) ==
        AddressMatch{
            .version = Version::v6, .address = {0x20, 0x01, 0x0d, 0xb8}, .prefixLength = 32});
    CHECK(value(parseAddress("::1")).address.at(15) == 1);
    CHECK(value(parseAddress("::1")).prefixLength == 128);
    CHECK(value(parseAddress("::ffff:192.0.2.1")).version == Version::v6);
}

TEST_CASE("host bits are looked for at every prefix length")
{
    for (int length = 1; length <= 32; ++length) {
        const std::string prefix = "255.255.255.255/" + std::to_string(length);
        INFO(prefix);
        CHECK(isRefused(parseAddress(prefix)) == (length < 32));
    }
    CHECK(isRefused(parseAddress("8000::1/127")));
    CHECK_FALSE(isRefused(parseAddress("8000::2/127")));
}

TEST_CASE("ports: a number, a text, a range")
{
    const Match match =
        matchOf(R"({ "protocol": "udp", "source_port": 53, "destination_port": "1-65535" })");
    CHECK(match.sourcePort == PortRange{.first = 53, .last = 53});
    CHECK(match.destinationPort == PortRange{.first = 1, .last = 65535});
    CHECK(value(parsePorts("80")) == PortRange{.first = 80, .last = 80});
    CHECK(value(parsePorts("80-80")) == PortRange{.first = 80, .last = 80});
}

TEST_CASE("protocols: by name or number, and ports with either")
{
    CHECK(matchOf(R"({ "protocol": "icmpv6" })").protocol == 58);
    CHECK(matchOf(R"({ "protocol": 255 })").protocol == 255);
    CHECK(matchOf(R"({ "protocol": 17, "source_port": 1 })").sourcePort.has_value());
    CHECK(matchOf(R"({ "source_port": 1, "protocol": "tcp" })").protocol == 6);
}

TEST_CASE("marks: decimal or hexadecimal, with or without mask")
{
    CHECK(value(parseMark("0x1")) == MarkMatch{.value = 1});
    CHECK(
        value(parseMark("!0x10/0xff")) == MarkMatch{.value = 0x10, .mask = 0xff, .negated = true});
    CHECK(value(parseMark("4294967295")) == MarkMatch{.value = 0xffffffff});
    CHECK(value(parseMark("0/1")) == MarkMatch{.value = 0, .mask = 1});
    CHECK(isRefused(parseMark("0x")));
    CHECK(isRefused(parseMark("-1")));
    CHECK(isRefused(parseMark("0x1/0xff/0xff")));
    CHECK(isRefused(parseMark("! 0x1")));
}

TEST_CASE("connection states: one, or any of a list")
{
    CHECK(matchOf(R"({ "ct_state": "new" })").ctState == CtStates::newly);
    CHECK(
        matchOf(R"({ "ct_state": ["invalid", "related", "untracked", "established"] })").ctState ==
        (CtStates::invalid | CtStates::related | CtStates::untracked | CtStates::established));
}

TEST_CASE("times have a unit and end at a day")
{
    using namespace std::chrono_literals;
    CHECK(value(parseDuration("500ms")) == 500ms);
    CHECK(value(parseDuration("10s")) == 10s);
    CHECK(value(parseDuration("5m")) == 5min);
    CHECK(value(parseDuration("24h")) == 24h);
    CHECK(value(parseDuration("86400000ms")) == 24h);
    for (const std::string_view bad :
         {"", "s", "10", "1.5s", "-1s", "+1s", "10 s", "86401s", "10S", "1h30m", "10s\n"}) {
        INFO(bad);
        CHECK(isRefused(parseDuration(bad)));
    }
}

TEST_CASE("positions and verdicts with a chain")
{
    CHECK(
        value(parsePosition("before:KUBE-FORWARD")) ==
        Position{.kind = Position::Kind::before, .chain = "KUBE-FORWARD"});
    CHECK(
        value(parsePosition("after:a:b")) ==
        Position{.kind = Position::Kind::after, .chain = "a:b"});
    CHECK(value(parsePosition("tail")).kind == Position::Kind::tail);
    CHECK(value(parsePosition("anywhere")).kind == Position::Kind::anywhere);
    CHECK(value(parseVerdict("return")).kind == Verdict::Kind::returnBack);
    CHECK(value(parseVerdict("goto:X")) == Verdict{.kind = Verdict::Kind::goTo, .chain = "X"});
    CHECK(value(parseVerdict("jump:X")) == Verdict{.kind = Verdict::Kind::jump, .chain = "X"});
}

TEST_CASE("a position reads back as it was written")
{
    for (const std::string_view word : {"head", "tail", "anywhere", "before:X", "after:Y"})
        CHECK(toString(value(parsePosition(word))) == word);
}

TEST_CASE("ids of 64 characters of the whole set are taken")
{
    const std::string id = "a_Z09._:@+-" + std::string(53, 'x');
    CHECK(id.size() == maxRuleIdLength);
    CHECK(value(parseId(id)) == id);
}

TEST_CASE("names of 255 bytes are taken, and 28 for iptables' chains")
{
    CHECK(value(parseChainName(std::string(255, 'c'))).size() == 255);
    const auto rule = [](const std::string& family, const std::string& chain) {
        return onlyRule(
            R"({ "id": "r", "family": ")" + family + R"(", "table": "filter", "chain": ")" + chain +
            R"(", "verdict": "return" })");
    };
    CHECK(rule("ip", std::string(28, 'c')).chain.chain.size() == 28);
    CHECK(rule("inet", std::string(255, 'c')).chain.chain.size() == 255);
    CHECK(rule("inet", "INPUT").chain.chain == "INPUT");
}

TEST_CASE("a list of families is one declared rule in each, with one id")
{
    const Scratch scratch;
    scratch.write(
        "fwd-guard.json",
        R"({ "rules": [ { "id": "both", "family": ["ip", "ip6"], "table": "filter",
             "chain": "FORWARD", "verdict": "accept", "match": { "mark": "1" } } ] })");
    const Declaration declaration = loaded({.file = scratch.main()}).declaration;
    REQUIRE(declaration.rules.size() == 2);
    CHECK(declaration.rules.at(0).key == RuleKey{.id = "both", .family = Family::ip});
    CHECK(declaration.rules.at(1).key == RuleKey{.id = "both", .family = Family::ip6});
    CHECK(declaration.rules.at(1).chain.family == Family::ip6);
}

TEST_CASE("either version of address is welcome in inet and bridge")
{
    CHECK(matchOf(R"({ "source": "10.0.0.1" })").source.has_value());
    CHECK(matchOf(R"({ "source": "::1", "destination": "!fe80::/10" })").source.has_value());
}
