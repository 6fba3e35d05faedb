// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/dump.hpp"
#include "nft/rule_message.hpp"
#include "nft/uapi.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"

#include <cerrno>

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

namespace {

const ChainId forward{Family::ip, "filter", "FORWARD"};

std::vector<RuleMessage> rulesOf(Bytes datagram)
{
    std::vector<RuleMessage> rules;
    for (const auto& message : messagesOf(datagram)) {
        const auto rule = parseRule(message);
        REQUIRE(rule);
        rules.push_back(*rule);
    }
    return rules;
}

Message endOfDump(Bytes body)
{
    return {.type = NLMSG_DONE, .flags = NLM_F_MULTI, .sequence = 7, .body = body};
}

} // namespace

TEST_CASE("a rule message gives handle, jump and tag of iptables' rules")
{
    const auto datagram = recordedMessages("rules-ip-filter");
    const auto rules = rulesOf(datagram);
    REQUIRE(rules.size() == 5);
    for (const auto& rule : rules) {
        CHECK(rule.table == "filter");
        CHECK(rule.chain == "FORWARD");
        CHECK(rule.family == NFPROTO_IPV4);
        CHECK(rule.generationLow == rules[0].generationLow);
    }
    const std::vector<std::string> jumps{"", "OTHER", "OTHER", "", ""};
    for (std::size_t i = 0; i < rules.size(); ++i) {
        CHECK(rules[i].jumpsTo == jumps[i]);
        CHECK(rules[i].ruleId == (i == 4 ? "" : "x"));
        if (i > 0)
            CHECK(rules[i].handle > rules[i - 1].handle);
    }
}

TEST_CASE("a rule message gives the tag of nft's rules")
{
    const auto datagram = recordedMessages("rules-inet-t");
    const auto rules = rulesOf(datagram);
    REQUIRE(rules.size() == 7);
    CHECK(rules[0].ruleId == "y");
    CHECK(rules[4].ruleId.empty());
}

TEST_CASE("a comment is found in user data of any length, and nothing where there is none")
{
    const auto comment = [](std::vector<std::uint8_t> bytes) {
        return std::string{commentInUserData(bytes)};
    };
    CHECK(comment({0, 3, 'a', 'b', 0}) == "ab");
    CHECK(comment({0, 2, 'a', 'b'}) == "ab");
    CHECK(comment({1, 1, 9, 0, 2, 'z', 0}) == "z");
    CHECK(comment({}).empty());
    CHECK(comment({0}).empty());
    CHECK(comment({0, 5, 'a'}).empty());
    CHECK(comment({1, 200, 'a'}).empty());
    CHECK(comment({0, 0}).empty());
}

TEST_CASE("a damaged rule message is refused or read, and never read past its end")
{
    for (const std::string name :
         {"rules-ip-filter", "rules-ip6-filter", "rules-inet-t", "rules-bridge-t"}) {
        const auto whole = recordedMessages(name);
        // On the heap and of the exact size, so that AddressSanitizer sees a byte too many.
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const std::vector<std::uint8_t> part{
                whole.begin(), whole.begin() + std::ptrdiff_t(length)};
            Snapshot snapshot{
                .chain = forward, .generation = {}, .policy = {}, .rules = {}, .tagged = {}};
            for (const auto& message : messagesOf(part))
                if (const auto rule = parseRule(message))
                    addRule(snapshot, *rule);
            CHECK(snapshot.rules.size() <= 7);
        }
        for (std::size_t at = 0; at < whole.size(); ++at) {
            auto damaged = whole;
            damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ 0xff);
            Snapshot snapshot{
                .chain = forward, .generation = {}, .policy = {}, .rules = {}, .tagged = {}};
            for (const auto& message : messagesOf(damaged))
                if (const auto rule = parseRule(message))
                    addRule(snapshot, *rule);
        }
    }
    SUCCEED();
}

TEST_CASE("a dump that was interrupted says so, wherever the kernel put the flag")
{
    const auto datagram = recordedMessages("rules-ip-filter");
    const std::vector<std::uint8_t> ok(4);
    for (const bool onRule : {true, false}) {
        RuleDump dump;
        for (auto message : messagesOf(datagram)) {
            message.flags |= onRule ? NLM_F_DUMP_INTR : 0;
            CHECK(dump.take(message));
        }
        CHECK_FALSE(dump.ended());
        auto done = endOfDump(ok);
        done.flags |= onRule ? 0 : NLM_F_DUMP_INTR;
        CHECK_FALSE(dump.take(done));
        CHECK(dump.ended());
        CHECK(dump.interrupted());
        CHECK_FALSE(dump.error());
    }
}

TEST_CASE("a dump whose rules are of two generations was interrupted")
{
    auto datagram = recordedMessages("rules-ip-filter");
    const auto count = messagesOf(datagram).size();
    std::uint32_t firstLength = 0;
    std::memcpy(&firstLength, datagram.data(), sizeof firstLength);
    RuleDump dump;
    overwrite(datagram, firstLength + 18, htons(1)); // res_id of the second message
    for (const auto& message : messagesOf(datagram))
        CHECK(dump.take(message));
    CHECK(count == 5);
    CHECK(dump.interrupted());
}

TEST_CASE("a dump that the kernel ended with an error is an error, not an empty chain")
{
    std::vector<std::uint8_t> number(4);
    overwrite(number, 0, std::int32_t{-ENOBUFS});
    RuleDump dump;
    CHECK_FALSE(dump.take(endOfDump(number)));
    CHECK(dump.error() == std::errc::no_buffer_space);
    RuleDump garbled;
    CHECK_FALSE(garbled.take({.type = 0x0a06, .sequence = 7}));
    CHECK(garbled.error() == std::errc::bad_message);
    CHECK_FALSE(garbled.ended());
}

TEST_CASE("a chain is read once the generation, its answer and its rules are in, in whatever order")
{
    const auto rules = recordedMessages("rules-ip-filter");
    const auto current = recordedMessages("generation");
    const auto chain = recordedMessages("chain");
    const std::vector<std::uint8_t> ok(4);
    auto generation = firstMessage(current);
    generation.sequence = 5;
    auto answer = firstMessage(chain);
    answer.sequence = 6;

    ChainReading reading{forward, 5};
    CHECK(reading.take(generation));
    CHECK(reading.take(answer));
    for (const auto& message : messagesOf(rules))
        CHECK(reading.take(message));
    CHECK_FALSE(reading.take(endOfDump(ok)));
    CHECK_FALSE(reading.error());
    CHECK(reading.generation() == parseAnnouncement(generation)->generation);
    CHECK(reading.snapshot().rules.size() == 5);
    CHECK(reading.chain()->policy == Policy::drop);

    ChainReading other{forward, 5};
    auto stray = endOfDump(ok);
    stray.sequence = 4; // of an earlier request
    CHECK(other.take(stray));
    CHECK(other.take(endOfDump(ok)));
    CHECK(other.take(answer));
    CHECK_FALSE(other.take(generation));
    CHECK_FALSE(other.rulesGenerationLow());
}

TEST_CASE("a generation that the kernel does not tell is an error, not the first one")
{
    std::vector<std::uint8_t> number(4);
    overwrite(number, 0, std::int32_t{-ENOBUFS});
    auto refusal = endOfDump(number);
    refusal.sequence = 5;
    ChainReading reading{forward, 5};
    CHECK(reading.take(refusal));
    CHECK(reading.error() == std::errc::no_buffer_space);
}
