// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/express.hpp"
#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::nft;

namespace {

using Version = AddressMatch::Version;

DeclaredRule ruleIn(Family family, const Match& match, const std::string& table = "filter")
{
    return {
        .key = {.id = "x", .family = family},
        .chain = {.family = family, .table = table, .chain = "FORWARD"},
        .position = {},
        .body = {.match = match, .verdict = {}}};
}

AddressMatch anAddress(Version version, std::uint8_t length = 8)
{
    return {.version = version, .address = {10}, .prefixLength = length};
}

bool refuses(const DeclaredRule& rule, const std::string& because)
{
    const auto reason = cannotExpress(rule);
    INFO(reason.value_or("no reason"));
    return reason && reason->find(because) != std::string::npos;
}

} // namespace

TEST_CASE("the tables of iptables-nft are known by family and name")
{
    CHECK(isIptablesTable({Family::ip, "filter", "X"}));
    CHECK(isIptablesTable({Family::ip6, "security", "X"}));
    CHECK_FALSE(isIptablesTable({Family::inet, "filter", "X"}));
    CHECK_FALSE(isIptablesTable({Family::bridge, "filter", "X"}));
    CHECK_FALSE(isIptablesTable({Family::ip, "filter2", "X"}));
}

TEST_CASE("an address of the other IP version is refused, in families that see one version")
{
    Match match;
    match.source = anAddress(Version::v4);
    CHECK(refuses(ruleIn(Family::ip6, match), "IPv4 address in family ip6"));
    CHECK_FALSE(cannotExpress(ruleIn(Family::ip, match)));
    CHECK_FALSE(cannotExpress(ruleIn(Family::inet, match)));
    match.source.reset();
    match.destination = anAddress(Version::v6);
    CHECK(refuses(ruleIn(Family::ip, match), "IPv6 address in family ip"));
    CHECK_FALSE(cannotExpress(ruleIn(Family::bridge, match)));
    match.source = anAddress(Version::v4);
    CHECK(refuses(ruleIn(Family::inet, match), "different IP versions"));
}

TEST_CASE("conditions that every packet meets are refused: they do not survive being read back")
{
    Match match;
    match.source = anAddress(Version::v4, 0);
    CHECK(refuses(ruleIn(Family::ip, match), "/0"));
    match = {};
    match.inInterface = {.name = "", .prefix = true};
    CHECK(refuses(ruleIn(Family::ip, match), "every interface"));
    match = {};
    match.mark = MarkMatch{.value = 0, .mask = 0};
    CHECK(refuses(ruleIn(Family::ip, match), "mask 0"));
    match = {};
    match.protocol = std::uint8_t{6};
    match.sourcePort = {0, 65535};
    CHECK(refuses(ruleIn(Family::ip, match), "every port"));
    match = {};
    match.protocol = std::uint8_t{0};
    CHECK(refuses(ruleIn(Family::ip, match), "protocol 0"));
    CHECK_FALSE(cannotExpress(ruleIn(Family::inet, match)));
}

TEST_CASE("what no packet can meet or no tool can say is refused")
{
    Match match;
    match.mark = MarkMatch{.value = 0x30, .mask = 0x10};
    CHECK(refuses(ruleIn(Family::ip, match), "mask clears"));
    match = {};
    match.destinationPort = {80, 80};
    CHECK(refuses(ruleIn(Family::ip, match), "need protocol"));
    match.protocol = std::uint8_t{1};
    CHECK(refuses(ruleIn(Family::ip, match), "need protocol"));
    match.protocol = std::uint8_t{6};
    match.destinationPort = {81, 80};
    CHECK(refuses(ruleIn(Family::ip, match), "inverted"));
    match = {};
    match.source = anAddress(Version::v4, 33);
    CHECK(refuses(ruleIn(Family::ip, match), "longer than the address"));
}

TEST_CASE("names that do not fit are refused")
{
    Match match;
    match.inInterface = {.name = "sixteen-letters-"};
    CHECK(refuses(ruleIn(Family::ip, match), "longer than 15"));
    match.inInterface = {.name = "fifteen-letters", .prefix = true};
    CHECK(refuses(ruleIn(Family::ip, match), "longer than 14"));
    match.inInterface = {.name = "eth+"};
    CHECK(refuses(ruleIn(Family::ip, match), "ends in"));
    match.inInterface = {.name = std::string{"a\0b", 3}};
    CHECK(refuses(ruleIn(Family::ip, match), "NUL"));

    auto rule = ruleIn(Family::ip, {});
    rule.chain.chain = std::string(29, 'c');
    CHECK(refuses(rule, "longer than 28"));
    rule.chain.table = "own";
    CHECK_FALSE(cannotExpress(rule));
    rule.chain.chain = std::string(256, 'c');
    CHECK(refuses(rule, "longer than 255"));
    rule = ruleIn(Family::ip, {});
    rule.body.verdict.kind = Verdict::Kind::jump;
    CHECK(refuses(rule, "verdict's chain name is empty"));
}
