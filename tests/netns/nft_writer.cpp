// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/rules.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

using namespace fwdguard;
using namespace fwdguard::test;

namespace {

const ChainId forward = chainId(Family::ip, "filter", "FORWARD");

RuleBody fromInterface(const std::string& name)
{
    RuleBody body;
    body.match.inInterface = {.name = name};
    return body;
}

std::vector<std::string> interfacesInOrder()
{
    std::vector<std::string> names;
    for (const auto& line : linesWith(must("iptables -S FORWARD"), "-i ")) {
        const auto start = line.find("-i ") + 3;
        names.push_back(line.substr(start, line.find(' ', start) - start));
    }
    return names;
}

} // namespace

TEST_CASE("a rule goes to the head, to the tail, or before another one")
{
    const FreshNetns netns;
    must("iptables -A FORWARD -i first && iptables -A FORWARD -i second");
    nft::Backend backend;
    const auto second = read(backend, forward).rules[1].handle;
    commit(
        backend,
        {insert(forward, "a", fromInterface("head"), AtHead{}),
         insert(forward, "b", fromInterface("tail"), AtTail{}),
         insert(forward, "c", fromInterface("middle1"), Before{second}),
         insert(forward, "d", fromInterface("middle2"), Before{second}),
         insert(forward, "e", fromInterface("header"), AtHead{})});
    CHECK(
        interfacesInOrder() ==
        std::vector<std::string>{
            "header", "head", "first", "middle1", "middle2", "second", "tail"});
}

TEST_CASE("a rule is deleted by its handle")
{
    const FreshNetns netns;
    must("iptables -A FORWARD -i one && iptables -A FORWARD -i two && iptables -A FORWARD -i one");
    nft::Backend backend;
    const auto handle = read(backend, forward).rules[1].handle;
    commit(backend, {DeleteRule{forward, {"x", Family::ip}, handle}});
    CHECK(interfacesInOrder() == std::vector<std::string>{"one", "one"});
}

TEST_CASE("a rule starts from the counters it is given")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    auto step = insert(forward, "x", fromInterface("eth0"));
    step.counters = {.packets = 123'456'789'012, .bytes = 98'765'432'109'876};
    commit(backend, {step});
    CHECK(
        must("iptables -vxnL FORWARD").find("123456789012 98765432109876 ACCEPT") !=
        std::string::npos);
    const auto snapshot = read(backend, forward);
    REQUIRE(snapshot.tagged.size() == 1);
    CHECK(snapshot.tagged[0].counters == step.counters);
}

TEST_CASE("a base chain's policy is set and nothing else of it changes")
{
    const FreshNetns netns;
    must("iptables -A FORWARD -i eth0 -j DROP");
    nft::Backend backend;
    commit(backend, {SetPolicy{forward, {"p", Family::ip}, Policy::drop}});
    CHECK(must("iptables -S FORWARD") == "-P FORWARD DROP\n-A FORWARD -i eth0 -j DROP\n");
    CHECK(
        linesWith(must("nft list chain ip filter FORWARD 2>/dev/null"), "hook").at(0) ==
        "\t\ttype filter hook forward priority filter; policy drop;");
    commit(backend, {SetPolicy{forward, {"p", Family::ip}, Policy::accept}});
    CHECK(must("iptables -S FORWARD").starts_with("-P FORWARD ACCEPT\n"));
}

TEST_CASE("a policy is refused for a regular chain and never creates one")
{
    const FreshNetns netns;
    must("iptables -N REGULAR");
    nft::Backend backend;
    for (const std::string name : {"REGULAR", "NONE"}) {
        const auto result = backend.commit(
            {SetPolicy{chainId(Family::ip, "filter", name), {"p", Family::ip}, Policy::drop}},
            std::nullopt);
        REQUIRE(std::holds_alternative<CommitFailed>(result));
        CHECK(std::get<CommitFailed>(result).step == 0U);
    }
    CHECK(run("iptables -S NONE").status != 0);
}

TEST_CASE("a plan made for an older generation is stale and changes nothing")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    const auto generation = read(backend, forward).generation;
    must("nft add table ip unrelated");
    const Plan plan{insert(forward, "x", fromInterface("eth0"))};
    CHECK(std::holds_alternative<Stale>(backend.commit(plan, generation)));
    CHECK(interfacesInOrder().empty());
    CHECK(
        std::holds_alternative<Committed>(backend.commit(plan, read(backend, forward).generation)));
    CHECK(interfacesInOrder() == std::vector<std::string>{"eth0"});
    // After our own commit the old generation is history as well.
    CHECK(std::holds_alternative<Stale>(backend.commit(plan, generation)));
}

TEST_CASE("a refused plan names the first step refused and changes nothing")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    const auto missing = chainId(Family::ip, "filter", "MISSING");
    const auto good = insert(forward, "x", fromInterface("eth0"));
    const auto bad = insert(missing, "x", fromInterface("eth0"));
    const Plan plan{good, good, bad, good, bad, good};
    for (const auto generation :
         {std::optional<Generation>{}, std::optional{read(backend, forward).generation}}) {
        const auto result = backend.commit(plan, generation);
        REQUIRE(std::holds_alternative<CommitFailed>(result));
        CHECK(std::get<CommitFailed>(result).step == 2U);
        CHECK(std::get<CommitFailed>(result).error == std::errc::no_such_file_or_directory);
    }
    const auto last = backend.commit({good, bad}, std::nullopt);
    CHECK(std::get<CommitFailed>(last).step == 1U);
    CHECK(interfacesInOrder().empty());

    commit(backend, {good});
    CHECK(interfacesInOrder().size() == 1);
}

TEST_CASE("a handle that is gone is a refused step")
{
    const FreshNetns netns;
    must("iptables -A FORWARD -i eth0");
    nft::Backend backend;
    const auto handle = read(backend, forward).rules[0].handle;
    must("iptables -F FORWARD");
    for (const Step& step : std::vector<Step>{
             DeleteRule{forward, {"x", Family::ip}, handle},
             insert(forward, "x", fromInterface("eth0"), Before{handle})}) {
        const auto result = backend.commit({step}, std::nullopt);
        REQUIRE(std::holds_alternative<CommitFailed>(result));
        CHECK(std::get<CommitFailed>(result).step == 0U);
        CHECK(std::get<CommitFailed>(result).error == std::errc::no_such_file_or_directory);
    }
}

TEST_CASE("thousands of rules go in as one transaction")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    static_cast<void>(backend.changes());
    const auto before = read(backend, forward).generation;
    Plan plan;
    for (int i = 0; i < 5000; ++i)
        plan.emplace_back(insert(forward, std::to_string(i), fromInterface("eth0")));
    commit(backend, plan);
    CHECK(read(backend, forward).rules.size() == 5000);
    CHECK(backend.changes().latest.value == before.value + 1);

    const ChainId missing{.family = Family::ip, .table = "filter", .chain = "MISSING"};
    Plan astray;
    for (int i = 0; i < 5000; ++i)
        astray.emplace_back(insert(missing, std::to_string(i), fromInterface("eth0")));
    const auto result = backend.commit(astray, std::nullopt);
    REQUIRE(std::holds_alternative<CommitFailed>(result));
    CHECK(std::get<CommitFailed>(result).step == 0U);
    commit(backend, {insert(forward, "after", fromInterface("eth0"))});
    CHECK(read(backend, forward).rules.size() == 5001);
}

TEST_CASE("a name that the kernel cannot hold is refused before it is sent")
{
    const FreshNetns netns;
    must("iptables -P FORWARD ACCEPT");
    nft::Backend backend;
    auto step = insert(forward, std::string(300, 'i'), fromInterface("eth0"));
    const auto result = backend.commit({insert(forward, "x", {}), step}, std::nullopt);
    REQUIRE(std::holds_alternative<CommitFailed>(result));
    CHECK(std::get<CommitFailed>(result).step == 1U);
    CHECK(read(backend, forward).rules.empty());
}

TEST_CASE("an empty plan is done without asking the kernel")
{
    const FreshNetns netns;
    nft::Backend backend;
    CHECK(std::holds_alternative<Committed>(backend.commit({}, Generation{12345})));
}
