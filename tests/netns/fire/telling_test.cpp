// SPDX-License-Identifier: GPL-2.0-or-later
// What is told of a repair takes longer than the repair. Nobody's traffic waits for it.
#include "netns/daemon/daemon_process.hpp"
#include "netns/fire/batches.hpp"
#include "nft/watch.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <cstddef>
#include <string>

using namespace fwdguard::fire;
using namespace fwdguard::test;

namespace {

constexpr std::size_t rules = 1'000;

/// So many rules in FORWARD, and flushes of it that are no contest.
std::string configuration()
{
    std::string text = R"({"pacing":{"burst":1000000,"window":"1s","max_delay":"10ms"},"rules":[)";
    for (std::size_t i = 0; i < rules; ++i)
        text += std::string{i == 0 ? "" : ","} + R"({"id":"r)" + std::to_string(i) +
                R"(","family":"ip","table":"filter","chain":"FORWARD","match":{"in_interface":"e)" +
                std::to_string(i) + R"("},"verdict":"accept"})";
    return text + "]}";
}

std::size_t countOf(const std::string& what, const std::string& text)
{
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++count;
    return count;
}

/// Flushes FORWARD and waits for the next transaction, which is the repair.
void flushAndWait(Writer& writer)
{
    static const Batch flush = Batch{}.flush("FORWARD").finish();
    fwdguard::nft::Watch watch{fwdguard::nft::WatchOptions{}};
    writer.commit(flush);
    REQUIRE(eventually([&] { return !watch.take(writer.port()).transactions.empty(); }));
}

} // namespace

TEST_CASE("a repair does not wait until the one before is told")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    const auto path = scratch.write("main.json", configuration());
    const DaemonProcess daemon(scratch, {"--config", path});
    REQUIRE(daemon.logged("guards 1000 rules"));
    Writer writer;
    std::size_t wanted = 0;
    const auto told = [&] { return countOf("deleted from ip filter FORWARD", daemon.log()); };
    const auto allTold = [&] { return told() == wanted; };

    // Who tells first never repairs the second of two flushes before all is told of the first. Who
    // does not may have been so quick at it that there was nothing left to tell.
    bool ahead = false;
    for (int tries = 0; !ahead && tries < 20; ++tries) {
        flushAndWait(writer);
        flushAndWait(writer);
        ahead = told() < wanted + rules;
        wanted += 2 * rules;
        REQUIRE(eventually(allTold));
    }
    CHECK(ahead);
    CHECK(countOf("fwd-guard:r", must("iptables -S FORWARD")) == rules);
}
