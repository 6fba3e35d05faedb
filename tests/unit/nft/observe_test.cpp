// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of others, recorded from iptables 1.8.9 and nft 1.0.6; tests/netns has the rest.
#include "nft/decode.hpp"
#include "nft/observe.hpp"
#include "nft/survey_messages.hpp"
#include "nft/uapi.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <string>

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

namespace {

struct Recorded {
    std::string name;
    Family family;
};

std::vector<Recorded> all()
{
    std::vector<Recorded> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(FWDGUARD_CORPUS "/nft_expressions")) {
        const std::string name = entry.path().stem();
        if (const auto family = parseFamily(name.substr(0, name.find('-'))))
            found.push_back({name, *family});
    }
    REQUIRE(found.size() > 20);
    return found;
}

std::vector<StateSet::Element> elements(const std::string& set)
{
    const auto datagram = recordedMessages(set + "-elements");
    const auto listed = parseListedElements(firstMessage(datagram));
    REQUIRE((listed && listed->elements));
    return *listed->elements;
}

std::vector<SurveyedRule> seenWith(const std::string& rule, const StateSet& set)
{
    const auto expressions = recordedExpressions(rule);
    CHECK(stateLookup({.expressions = expressions}, Family::inet));
    return observe({.expressions = expressions}, Family::inet, set);
}

/// In the recorded map.
Effect effectFor(CtStates state)
{
    return state == CtStates::established ? Effect::accept
           : state == CtStates::invalid   ? Effect::drop
                                          : Effect::jump;
}

} // namespace

TEST_CASE("a rule that can be declared is observed as it is decoded")
{
    int declarable = 0;
    for (const auto& [name, family] : all()) {
        INFO(name);
        const auto expressions = recordedExpressions(name);
        const auto body = decode(expressions, family).body;
        const SurveyedRule seen = observe({.expressions = expressions}, family);
        if (!body)
            continue;
        ++declarable;
        CHECK(seen.match == body->match);
        CHECK((seen.effect == Effect::accept) == (body->verdict.kind == Verdict::Kind::accept));
        CHECK(seen.target == body->verdict.chain);
    }
    CHECK(declarable > 10);
}

TEST_CASE("expressions cut short are never taken for another verdict")
{
    for (const auto& [name, family] : all()) {
        const auto expressions = recordedExpressions(name);
        const auto whole = observe({.expressions = expressions}, family);
        for (std::size_t length = 1; length < expressions.size(); ++length) {
            INFO(name << " at " << length);
            const auto cut = observe({.expressions = Bytes{expressions}.first(length)}, family);
            // On an expression's border it is another rule; inside of one it may do anything.
            CHECK(
                (cut.effect == Effect::carryOn || cut.effect == Effect::unknown ||
                 cut.effect == whole.effect));
        }
    }
}

TEST_CASE("a set of connection states and a map of verdicts are read as nft made them")
{
    const auto set = recordedMessages("set0");
    const auto map = recordedMessages("map0");
    const auto listedSet = parseListedSet(firstMessage(set));
    const auto listedMap = parseListedSet(firstMessage(map));
    REQUIRE((listedSet && listedMap));
    CHECK((listedSet->fixed && !listedSet->verdicts));
    CHECK((listedMap->fixed && listedMap->verdicts));
    CHECK(elements("set0").size() == 2);
    CHECK(elements("map0").size() == 3);

    const auto inSet = seenWith("inet-s-0", {.name = "__set0", .elements = elements("set0")});
    REQUIRE(inSet.size() == 1);
    CHECK(
        inSet[0] == SurveyedRule{
                        .match = Match{.ctState = CtStates::established | CtStates::related},
                        .effect = Effect::accept});

    const auto inMap = seenWith("inet-s-1", {.name = "__map0", .elements = elements("map0")});
    REQUIRE(inMap.size() == 3);
    for (const SurveyedRule& rule : inMap) {
        REQUIRE(rule.match);
        CHECK(rule.match->inInterface == InterfaceMatch{.name = "lan0"});
        CHECK(rule.sameRule == (&rule != inMap.data()));
        CHECK(rule.effect == effectFor(rule.match->ctState));
        CHECK(rule.target == (rule.effect == Effect::jump ? "g" : ""));
    }
}

TEST_CASE("a rule is not understood by a set of another name")
{
    for (const std::string name : {"inet-s-0", "inet-s-1"})
        CHECK_FALSE(
            seenWith(name, {.name = "other", .elements = {{.state = CtStates::newly}}})[0].match);
}

TEST_CASE("elements with anything more to them than a state and a verdict are not understood")
{
    const auto whole = recordedMessages("set0-elements");
    for (const std::uint32_t key : {0U, 3U, 6U, 16U, 128U}) {
        auto other = whole;
        overwrite(other, 0x38, key);
        const auto listed = parseListedElements(firstMessage(other));
        CHECK((listed && !listed->elements));
    }
    const auto map = recordedMessages("map0-elements");
    for (const std::uint16_t type :
         {NFTA_SET_ELEM_FLAGS, NFTA_SET_ELEM_TIMEOUT, NFTA_SET_ELEM_EXPR, NFTA_SET_ELEM_KEY_END}) {
        auto other = map;
        overwrite(other, 0x3e, type); // what was the first one's verdict
        const auto listed = parseListedElements(firstMessage(other));
        CHECK((listed && !listed->elements));
    }
}

TEST_CASE("`ct status dnat` is understood of others' rules, and of ours never")
{
    const auto expressions = recordedExpressions("inet-s-3");
    CHECK(
        observe({.expressions = expressions}, Family::inet) ==
        SurveyedRule{.match = Match{}, .effect = Effect::accept, .translated = true});
    CHECK_FALSE(decode(expressions, Family::inet).body);
}

TEST_CASE("a message of another kind is neither a table nor a chain")
{
    const std::vector<std::uint8_t> body(4);
    const Message rule{.type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE, .body = body};
    CHECK_FALSE(parseListedTable(rule));
    CHECK_FALSE(parseListedChain(rule));
    CHECK_FALSE(parseListedSet(rule));
    CHECK_FALSE(parseListedElements(rule));
    const Message shortTable{.type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWTABLE};
    CHECK_FALSE(parseListedTable(shortTable));
}
