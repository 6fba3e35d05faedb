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

TEST_CASE("a message of another kind is neither a table nor a chain")
{
    const std::vector<std::uint8_t> body(4);
    const Message rule{.type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE, .body = body};
    CHECK_FALSE(parseListedTable(rule));
    CHECK_FALSE(parseListedChain(rule));
    const Message shortTable{.type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWTABLE};
    CHECK_FALSE(parseListedTable(shortTable));
}
