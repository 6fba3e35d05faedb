// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/rules.hpp"
#include "netns/tags.hpp"
#include "nft/reader.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <cstdio>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const ChainId forward = chainId(Family::ip, "filter", "FORWARD");

/// Generation as nft knows it, through a transaction of its own that changes nothing else.
std::uint32_t generationNow(nft::Backend& backend)
{
    must("nft add table ip generation-probe");
    return backend.changes().latest.value;
}

} // namespace

TEST_CASE("a missing table, a missing chain and an empty chain are three things")
{
    const FreshNetns netns;
    nft::Backend backend;
    const auto noTable = std::get<ChainMissing>(backend.snapshot(forward, false));
    CHECK(noTable.tableMissing);
    CHECK(noTable.chain == forward);
    must("nft add table ip filter");
    const auto noChain = std::get<ChainMissing>(backend.snapshot(forward, true));
    CHECK_FALSE(noChain.tableMissing);
    CHECK(noChain.generation.isAfter(noTable.generation));
    must("nft add chain ip filter FORWARD");
    const auto empty = std::get<Snapshot>(backend.snapshot(forward, false));
    CHECK(empty.rules.empty());
    CHECK(empty.generation.isAfter(noChain.generation));
    CHECK(empty.generation.value == backend.changes().latest.value);
}

TEST_CASE("what the rules of anybody match and do can be read; a chain that is not there has none")
{
    const FreshNetns netns;
    nft::Reader reader;
    const ChainId chain = chainId(Family::ip, "theirs", "in");
    REQUIRE(reader.rules(chain));
    CHECK(reader.rules(chain)->empty());
    must("nft 'add table ip theirs; add chain ip theirs in; "
         "add rule ip theirs in meta mark and 0x1000 == 0x1000 counter accept; "
         "add rule ip theirs in iifname != { \"docker0\", \"lo\" } counter drop'");
    const auto rules = reader.rules(chain);
    REQUIRE(rules);
    REQUIRE(rules->size() == 2);
    const Match marked{.mark = MarkMatch{.value = 0x1000, .mask = 0x1000}};
    CHECK((*rules)[0] == SurveyedRule{.match = marked, .effect = Effect::accept});
    CHECK((*rules)[1].effect == Effect::drop);
}

TEST_CASE("rules are read in evaluation order, with their handles and jumps")
{
    const FreshNetns netns;
    must("iptables -N ONE && iptables -N TWO && iptables -A FORWARD -j ONE && "
         "iptables -A FORWARD -i eth0 -g TWO && iptables -I FORWARD -j DROP");
    nft::Backend backend;
    const auto snapshot = read(backend, forward);
    REQUIRE(snapshot.rules.size() == 3);
    CHECK(snapshot.rules[0].jumpsTo.empty());
    CHECK(snapshot.rules[1].jumpsTo == "ONE");
    CHECK(snapshot.rules[2].jumpsTo == "TWO");
    CHECK(snapshot.tagged.empty());
    CHECK_FALSE(snapshot.policy);

    const auto listing = must("nft -a list chain ip filter FORWARD 2>/dev/null");
    for (const auto& [rule, text] :
         {std::pair{snapshot.rules[0], "drop"},
          std::pair{snapshot.rules[1], "jump ONE"},
          std::pair{snapshot.rules[2], "goto TWO"}}) {
        const auto lines = linesWith(listing, text);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].ends_with("# handle " + std::to_string(rule.handle.value)));
    }
}

TEST_CASE("the policy of a base chain is read when asked for, and a regular chain has none")
{
    const FreshNetns netns;
    must("iptables -N REGULAR && iptables -P FORWARD DROP");
    nft::Backend backend;
    CHECK(read(backend, forward, true).policy == Policy::drop);
    must("iptables -P FORWARD ACCEPT && iptables -A FORWARD -j REGULAR");
    CHECK(read(backend, forward, true).policy == Policy::accept);
    CHECK_FALSE(read(backend, forward, false).policy);
    CHECK_FALSE(read(backend, chainId(Family::ip, "filter", "REGULAR"), true).policy);
}

TEST_CASE("our tag is recognised in both encodings, anything like it is foreign")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT && "
         "iptables -A FORWARD -m comment --comment fwd-guard:compat -j ACCEPT && "
         "nft add rule ip filter FORWARD accept comment '\"fwd-guard:native\"' && "
         "nft add rule ip filter FORWARD accept comment '\"xfwd-guard:no\"' && "
         "iptables -A FORWARD -m comment --comment 'about fwd-guard:no' -j ACCEPT && "
         "nft add rule ip filter FORWARD accept comment '\"fwd-guard:\"'");
    nft::Backend backend;
    const auto snapshot = read(backend, forward);
    CHECK(snapshot.rules.size() == 5);
    REQUIRE(snapshot.tagged.size() == 2);
    CHECK(snapshot.tagged[0].id == "compat");
    CHECK(snapshot.tagged[1].id == "native");
    CHECK(snapshot.tagged[1].index == 1);
}

TEST_CASE("a chain of thousands of rules is read whole")
{
    const FreshNetns netns;
    constexpr std::size_t count = 20'000;
    must(
        "{ echo 'add table ip filter'; echo 'add chain ip filter FORWARD'; seq 0 " +
        std::to_string(count - 1) +
        " | awk '{ printf \"add rule ip filter FORWARD ip saddr 10.0.%d.%d counter accept comment "
        "\\\"fwd-guard:%d\\\"\\n\", $1 / 250, $1 % 250, $1 }'; } | nft -f -");
    nft::Backend backend;
    const auto snapshot = read(backend, forward);
    CHECK(snapshot.rules.size() == count);
    REQUIRE(snapshot.tagged.size() == count);
    CHECK(snapshot.tagged.back().id == std::to_string(count - 1));
    CHECK(snapshot.tagged[777].body->match.source == address("10.0.3.27"));
}

TEST_CASE("a snapshot names the generation in full, however far the kernel has counted")
{
    const FreshNetns netns;
    must("iptables -A FORWARD -j DROP");
    nft::Backend backend;
    static_cast<void>(backend.changes());
    const auto generation = generationNow(backend);
    CHECK(read(backend, forward).generation.value == generation);
    // Not told of this one yet: the dump's low half is combined with what was heard before.
    must("iptables -A FORWARD -j ACCEPT");
    CHECK(read(backend, forward).generation.value > generation);
    CHECK(read(backend, forward).generation.value == backend.changes().latest.value);
}

TEST_CASE("chains with our rules are found in every family, wherever they are")
{
    const FreshNetns netns;
    must("iptables -A FORWARD -m comment --comment fwd-guard:a -j ACCEPT && "
         "ip6tables -A OUTPUT -j ACCEPT && ip6tables -t mangle -A FORWARD -m comment --comment "
         "fwd-guard:b -j ACCEPT && nft 'add table inet t; add chain inet t c; add rule inet t c "
         "accept comment \"fwd-guard:c\"; add rule inet t c drop comment \"fwd-guard:d\"; "
         "add table bridge t; add chain bridge t c; add rule bridge t c accept comment "
         "\"fwd-guard:e\"; add table arp t; add chain arp t c; add rule arp t c accept comment "
         "\"fwd-guard:f\"; add table inet empty; add chain inet empty c'");
    CHECK(
        chainsWithTags() == std::vector<ChainId>{
                                forward,
                                chainId(Family::ip6, "mangle", "FORWARD"),
                                chainId(Family::inet, "t", "c"),
                                chainId(Family::bridge, "t", "c")});
}

TEST_CASE("a name that no chain can have is a failure, not a missing chain")
{
    const FreshNetns netns;
    nft::Backend backend;
    const auto result =
        backend.snapshot(chainId(Family::ip, "filter", std::string(4000, 'x')), false);
    REQUIRE(std::holds_alternative<SnapshotFailed>(result));
    CHECK(std::get<SnapshotFailed>(result).error == std::errc::filename_too_long);
}

TEST_CASE("a chain that is rewritten all the time is read consistently or not at all")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    // Transactions leave 500 rules or 2,000: a mixture would show.
    FILE* rewriter = popen(
        "rules() { echo 'flush chain ip filter FORWARD'; yes 'add rule ip filter FORWARD counter "
        "accept' | head -n $1; }; few=$(rules 500); many=$(rules 2000); "
        "for i in 1 2 3 4 5 6 7 8 9 10; do echo \"$few\" | nft -f -; echo \"$many\" | nft -f -; "
        "done",
        "re");
    REQUIRE(rewriter != nullptr);
    int reads = 0;
    for (int i = 0; i < 300; ++i) {
        const auto result = backend.snapshot(forward, false);
        if (const auto* snapshot = std::get_if<Snapshot>(&result)) {
            ++reads;
            const auto size = snapshot->rules.size();
            CHECK((size == 0 || size == 500 || size == 2000));
        } else {
            CHECK(std::get<SnapshotFailed>(result).error == std::errc::interrupted);
        }
    }
    pclose(rewriter);
    CHECK(reads > 0);
}

TEST_CASE("a chain that comes and goes is there or missing at exactly the generation named")
{
    const FreshNetns netns;
    nft::Backend backend;
    // One transaction each: the table at generation g, the chain at g + 1, gone at g + 2, and so
    // on.
    must("nft add table ip filter");
    const auto start = backend.changes().latest.value;
    constexpr std::uint32_t toggles = 400;
    FILE* toggler = popen(
        "for i in $(seq 200); do echo 'add chain ip filter FORWARD'; "
        "echo 'delete chain ip filter FORWARD'; done | nft -i",
        "re");
    REQUIRE(toggler != nullptr);
    std::uint32_t generation = start;
    for (long reads = 0; generation < start + toggles && reads < 10'000'000; ++reads) {
        const auto result = backend.snapshot(forward, false);
        bool present = false;
        if (const auto* snapshot = std::get_if<Snapshot>(&result)) {
            generation = snapshot->generation.value;
            present = true;
        } else if (const auto* missing = std::get_if<ChainMissing>(&result)) {
            generation = missing->generation.value;
        } else {
            continue;
        }
        INFO("generation " << generation << ", the table is of " << start);
        REQUIRE(present == ((generation - start) % 2 == 1));
    }
    pclose(toggler);
    CHECK(generation == start + toggles);
}
