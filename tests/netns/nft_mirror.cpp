// SPDX-License-Identifier: GPL-2.0-or-later
// What is known from events, against what another socket reads.
#include "netns/rules.hpp"
#include "nft/filter.hpp"
#include "nft/uapi.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const ChainId forward = chainId(Family::ip, "filter", "FORWARD");

/// A network namespace with FORWARD read: two foreign rules around one of ours that has counted.
struct Known {
    FreshNetns netns;
    nft::Backend backend;

    explicit Known(const nft::WatchOptions& options = {}) : backend(options)
    {
        must("iptables -P FORWARD DROP && iptables -N OTHER && iptables -A FORWARD -j OTHER && "
             "iptables -A FORWARD -j ACCEPT && nft add table ip other && nft add chain ip other c");
        const Handle last = read(backend, forward).rules.back().handle;
        InsertRule ours = insert(forward, "x", {}, Before{last});
        ours.counters = {.packets = 7, .bytes = 700};
        commit(backend, {ours});
        REQUIRE(read(backend, forward).rules.size() == 3);
    }

    [[nodiscard]] Snapshot now() { return read(backend, forward); }

    void checkAgainstAnother(bool withPolicy = false)
    {
        const SnapshotResult read = nft::Backend{}.snapshot(forward, withPolicy);
        SnapshotResult known = backend.snapshot(forward, withPolicy);
        if (auto* snapshot = std::get_if<Snapshot>(&known))
            snapshot->gone.clear();
        REQUIRE(known.index() == read.index());
        if (std::holds_alternative<Snapshot>(read))
            CHECK(std::get<Snapshot>(known) == std::get<Snapshot>(read));
        else
            CHECK(std::get<ChainMissing>(known) == std::get<ChainMissing>(read));
    }
};

/// The number of the last rule of FORWARD, as nft names it.
std::string lastHandle()
{
    return must("nft -a list chain ip filter FORWARD 2>/dev/null | sed -n 's/.*# handle //p' | "
                "tail -n 1");
}

std::string foreignRules(int count)
{
    return "yes 'add rule ip other c counter accept' | head -n " + std::to_string(count) + "; ";
}

/// Their messages are short: a datagram holds more of them than a filter looks at.
std::string foreignTables(int count)
{
    return "seq -f 'add table ip t%g' " + std::to_string(count) + "; ";
}

/// Every datagram that is waiting.
std::vector<std::vector<std::uint8_t>> takeAll(nft::Socket& socket)
{
    constexpr std::size_t size = 32'768;
    std::vector<std::uint8_t> buffer(size);
    std::array<nft::Received, 1> one;
    std::vector<std::vector<std::uint8_t>> all;
    while (socket.receive(buffer, size, one) == 1)
        all.emplace_back(one[0].bytes.begin(), one[0].bytes.end());
    REQUIRE(one[0].kind == nft::Received::Kind::nothing);
    return all;
}

/// Whether the filter of a table has to pass a datagram; nullopt: it may.
std::optional<bool> isOf(const std::string& table, nft::Bytes datagram)
{
    constexpr std::size_t surelyLookedAt = 30;
    nft::MessageReader messages{datagram};
    std::size_t count = 0;
    for (; const auto message = messages.next(); ++count) {
        if (nft::isNft(*message, NFT_MSG_NEWGEN))
            return true;
        nft::AttributeReader attributes{nft::parseNfHeader(*message)->attributes};
        if (nft::textOf(attributes.next()->value) == table)
            return true;
    }
    return count > surelyLookedAt ? std::nullopt : std::optional{false};
}

} // namespace

TEST_CASE("after a flush, the chain is known from its events, and what our rule had counted")
{
    Known known;
    must("iptables -F FORWARD");
    const Snapshot snapshot = known.now();
    CHECK(snapshot.rules.empty());
    CHECK(snapshot.gone == std::vector<GoneRule>{{.id = "x", .counters = {7, 700}}});
    CHECK(snapshot.generation == known.now().generation);
    CHECK(snapshot.generation == known.backend.changes().latest);
}

TEST_CASE("when only our rule is deleted, the others are known, in their order")
{
    Known known;
    must("iptables -D FORWARD 2");
    const Snapshot snapshot = known.now();
    REQUIRE(snapshot.gone.size() == 1);
    REQUIRE(snapshot.rules.size() == 2);
    CHECK(snapshot.rules[0].jumpsTo == "OTHER");
    known.checkAgainstAnother();
}

TEST_CASE("whatever others do, what is known is what another socket reads")
{
    Known known;
    const bool withPolicy = GENERATE(false, true);
    for (const std::string command :
         {"iptables -I FORWARD -s 192.0.2.1 -j DROP",
          "iptables -D FORWARD 1",
          "iptables -R FORWARD 1 -j DROP",
          "iptables -A OTHER -j DROP && iptables -F OTHER",
          "nft add rule ip other c accept",
          "iptables -P FORWARD ACCEPT",
          "iptables-save | iptables-restore",
          "iptables-save | iptables-restore --noflush",
          "nft 'add set ip filter s { type ipv4_addr; }; add element ip filter s { 192.0.2.1 }'",
          "ip6tables -A FORWARD -j ACCEPT && ip6tables -F FORWARD",
          "nft 'delete rule ip filter FORWARD handle '$(nft -a list chain ip filter FORWARD "
          "2>/dev/null | sed -n 's/.*# handle //p' | tail -n 1)",
          "iptables -F FORWARD",
          "nft 'add rule ip filter FORWARD accept; flush chain ip filter FORWARD'",
          "nft 'flush chain ip filter FORWARD; add rule ip filter FORWARD accept'",
          "nft rename chain ip filter OTHER AWAY",
          "iptables -E AWAY OTHER",
          "nft flush ruleset",
          "iptables -A FORWARD -j ACCEPT",
          "nft delete table ip filter; iptables -A FORWARD -j ACCEPT; iptables -A FORWARD -j DROP",
          "iptables -D FORWARD 2"}) {
        INFO(command);
        must(command);
        known.checkAgainstAnother(withPolicy);
    }
}

TEST_CASE("a deletion is seen wherever it stands among the other messages of a transaction")
{
    Known known;
    const int before = GENERATE(0, 1, 2, 7, 15, 31, 32, 33, 50, 200, 3000);
    const int behind = GENERATE(0, 40);
    const bool tables = GENERATE(false, true);
    INFO(before << (tables ? " tables" : " rules") << " before it, " << behind << " rules behind");
    const std::string handle = must("nft -a list chain ip filter FORWARD 2>/dev/null | "
                                    "sed -n 's/.*fwd-guard:x.*# handle //p'");
    must(
        "{ " + (tables ? foreignTables(before) : foreignRules(before)) +
        "echo 'delete rule ip filter FORWARD handle " + handle.substr(0, handle.find('\n')) +
        "'; " + foreignRules(behind) + "} | nft -f -");
    CHECK(known.now().rules.size() == 2);
    known.checkAgainstAnother();
    CHECK(lastHandle() == std::to_string(known.now().rules.back().handle.value) + "\n");
}

TEST_CASE("what does not fit the buffer of events is read")
{
    Known known;
    static_cast<void>(known.backend.changes());
    must("{ yes 'add rule ip filter OTHER counter accept' | head -n 20000; "
         "echo 'flush chain ip filter FORWARD'; } | nft -f -");
    CHECK(known.now().rules.empty());
    known.checkAgainstAnother();
    CHECK(known.backend.changes().transactions.size() == 1); // nothing of that is lost
    must("iptables -A FORWARD -j ACCEPT");
    known.checkAgainstAnother();
}

TEST_CASE("what is doubted is read")
{
    Known known;
    must("iptables -F FORWARD");
    REQUIRE(known.now().gone.size() == 1);
    REQUIRE(known.now().gone.size() == 1);
    known.backend.doubt();
    CHECK(known.now().gone.size() == 1);
    CHECK(known.now().gone.empty()); // a reading ends it
}

TEST_CASE("when announcements were lost, what is known is read")
{
    Known known{{.receiveBuffer = 2048}};
    static_cast<void>(known.backend.changes()); // what was lost until here
    REQUIRE(known.now().rules.size() == 3);
    must("iptables -F FORWARD");
    REQUIRE(known.now().gone.size() == 1);
    REQUIRE(known.now().gone.size() == 1);
    must("for i in $(seq 40); do nft add table ip t$i; done");
    REQUIRE(known.backend.changes().overrun);
    CHECK(known.now().gone.size() == 1);
    CHECK(known.now().gone.empty()); // a reading ends it
}

TEST_CASE("the filter of a table passes all that is about it, and nothing else but announcements")
{
    const FreshNetns netns;
    const std::vector<std::string> several{"raw", "t", "filter", "a-long-name", "nat"};
    const auto tables =
        GENERATE_COPY(std::vector<std::string>{"filter"}, std::vector<std::string>{several});
    nft::Socket filtered;
    nft::Socket all;
    for (nft::Socket* socket : {&all, &filtered})
        socket->setReceiveBuffer(8 * 1024 * 1024);
    REQUIRE(filtered.attachFilter(nft::tableFilter(tables)));
    all.join(NFNLGRP_NFTABLES);
    filtered.join(NFNLGRP_NFTABLES);

    must("iptables -A FORWARD -j ACCEPT && iptables -t mangle -A FORWARD -j ACCEPT && "
         "nft add table ip other && nft add chain ip other c && nft add table inet filet && "
         "iptables -F && nft add set ip other s '{ type ipv4_addr; }'");
    for (const int count : {1, 3, 10, 25, 100, 1000})
        must(
            "{ " + foreignRules(count) + "echo 'add rule ip filter FORWARD drop'; " +
            foreignRules(count) + "} | nft -f - && { " + foreignRules(count) +
            "} | nft -f - && iptables -F FORWARD && nft flush chain ip other c");

    const auto heard = takeAll(filtered);
    const auto said = takeAll(all);
    auto next = heard.begin();
    std::size_t dropped = 0;
    for (const auto& datagram : said) {
        const bool passed = next != heard.end() && *next == datagram;
        const auto expected = isOf("filter", datagram);
        if (expected)
            CHECK(passed == *expected);
        if (passed)
            ++next;
        else
            ++dropped;
    }
    CHECK(next == heard.end());
    CHECK(dropped > 100);
}
