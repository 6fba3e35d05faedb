// SPDX-License-Identifier: GPL-2.0-or-later
// Decoding of expressions recorded from iptables 1.8.9 and nft 1.0.6; tests/netns has the rest.
#include "nft/decode.hpp"
#include "nft/encode.hpp"
#include "nft/uapi.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

namespace {

/// The expressions of a rule as we write it.
std::vector<std::uint8_t> written(const RuleBody& body, const ChainId& chain)
{
    const auto rule =
        encode(DeclaredRule{.key = {"x", chain.family}, .chain = chain, .body = body});
    std::vector<std::uint8_t> buffer(8192);
    auto* header = mnl_nlmsg_put_header(buffer.data());
    nftnl_rule_nlmsg_build_payload(header, rule.get());
    AttributeReader attributes{
        Bytes{buffer}.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr))};
    while (const auto attribute = attributes.next())
        if (attribute->type == NFTA_RULE_EXPRESSIONS)
            return {attribute->value.begin(), attribute->value.end()};
    return {};
}

/// The elements of an expressions nest, each with its header.
std::vector<std::vector<std::uint8_t>> elementsOf(const std::vector<std::uint8_t>& nest)
{
    std::vector<std::vector<std::uint8_t>> elements;
    std::size_t at = 0;
    while (at < nest.size()) {
        std::uint16_t length = 0;
        std::memcpy(&length, nest.data() + at, sizeof length);
        const std::size_t padded = (length + 3U) & ~3U;
        elements.emplace_back(nest.data() + at, nest.data() + at + padded);
        at += padded;
    }
    return elements;
}

std::vector<std::uint8_t> joined(const std::vector<std::vector<std::uint8_t>>& elements)
{
    std::vector<std::uint8_t> nest;
    for (const auto& element : elements)
        nest.insert(nest.end(), element.begin(), element.end());
    return nest;
}

RuleBody fullBody()
{
    RuleBody body;
    body.match.inInterface = {.name = "docker0", .negated = true};
    body.match.outInterface = {.name = "eth", .prefix = true};
    body.match.source = AddressMatch{.address = {10, 1}, .prefixLength = 16};
    body.match.destination = AddressMatch{.address = {10, 2, 0x80}, .prefixLength = 17};
    body.match.protocol = std::uint8_t{6};
    body.match.sourcePort = {1024, 2048};
    body.match.destinationPort = {80, 80};
    body.match.mark = MarkMatch{.value = 1, .mask = 0xff};
    body.match.ctState = CtStates::newly | CtStates::established;
    return body;
}

} // namespace

TEST_CASE("iptables' own rules are decoded")
{
    RuleBody body;
    body.match.inInterface = {.name = "docker0", .negated = true};
    body.match.outInterface = {.name = "br", .prefix = true};
    CHECK(decode(recordedExpressions("ip-filter-0"), Family::ip).body == body);

    body = {};
    body.match.protocol = std::uint8_t{6};
    body.match.sourcePort = {1, 9};
    body.match.destinationPort = {80, 80};
    body.match.ctState = CtStates::newly | CtStates::established;
    body.verdict = {.kind = Verdict::Kind::jump, .chain = "OTHER"};
    CHECK(decode(recordedExpressions("ip-filter-1"), Family::ip).body == body);
}

TEST_CASE("iptables' rules with conditions that we have no word for give no body")
{
    CHECK_FALSE(decode(recordedExpressions("ip-filter-3"), Family::ip).body); // --syn, limit
    CHECK_FALSE(decode(recordedExpressions("inet-t-3"), Family::inet).body);  // set, log
}

TEST_CASE("nft's own rules are decoded, with their counters")
{
    RuleBody body;
    body.match.inInterface = {.name = "eth", .prefix = true};
    body.match.outInterface = {.name = "docker0", .negated = true};
    for (const std::string family : {"ip", "ip6", "inet", "bridge"}) {
        const auto nest = recordedExpressions(family + "-t-0");
        const auto rule = decode(nest, *parseFamily(family));
        CHECK(rule.body == body);
        CHECK(rule.counters == Counters{.packets = 5, .bytes = 500});
    }
}

TEST_CASE("what we write is what we read")
{
    const auto body = fullBody();
    for (const ChainId& chain :
         {ChainId{Family::ip, "filter", "FORWARD"},
          ChainId{Family::ip, "own", "c"},
          ChainId{Family::inet, "own", "c"},
          ChainId{Family::bridge, "own", "c"}})
        CHECK(decode(written(body, chain), chain.family).body == body);
}

TEST_CASE("a rule that lost, doubled or moved any expression is never taken for the whole one")
{
    const auto body = fullBody();
    for (const ChainId& chain :
         {ChainId{Family::ip, "filter", "FORWARD"}, ChainId{Family::inet, "own", "c"}}) {
        const auto elements = elementsOf(written(body, chain));
        REQUIRE(elements.size() > 15);
        std::size_t counters = 0;
        for (std::size_t i = 0; i < elements.size(); ++i) {
            auto fewer = elements;
            fewer.erase(fewer.begin() + std::ptrdiff_t(i));
            // Only the counter can go without changing what the rule does.
            if (decode(joined(fewer), chain.family).body == body)
                ++counters;
            auto early = elements;
            std::swap(early[i], early.back()); // the verdict before the end
            if (i + 1 < elements.size())
                CHECK_FALSE(decode(joined(early), chain.family).body);
        }
        CHECK(counters == 1);
    }
}

TEST_CASE("a flipped bit anywhere in a rule is never taken for the same rule")
{
    const ChainId chain{Family::inet, "own", "c"};
    const auto body = fullBody();
    const auto nest = written(body, chain);
    std::size_t same = 0;
    for (std::size_t at = 0; at < nest.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            auto damaged = nest;
            damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ (1 << bit));
            const auto rule = decode(damaged, chain.family);
            if (rule.body == body && rule.counters == Counters{})
                ++same;
        }
    // Those in padding and in the flags of attribute types say nothing.
    CHECK(same < nest.size());
    const auto ends = decode(Bytes{nest}.first(nest.size() - 1), chain.family);
    CHECK_FALSE(ends.body);
}

TEST_CASE("no expressions at all are no body")
{
    CHECK_FALSE(decode({}, Family::ip).body);
}
