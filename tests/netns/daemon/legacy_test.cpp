// SPDX-License-Identifier: GPL-2.0-or-later
// Legacy tables, alone and beside nf_tables; iptables-legacy and iptables-nft are the other
// processes and the oracle.
#include "netns/daemon/legacy_host.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace fwdguard::test;

namespace {

const std::string overLoopback = R"("chain":"OUTPUT","match":{"out_interface":"lo"})";

/// Looking does not create the table, which `iptables-legacy -S` would.
std::string liveTables()
{
    return must("cat /proc/self/net/ip_tables_names");
}

/// How often the kernel has put a process to sleep, or so often was it awake.
unsigned long sleepsOf(pid_t pid)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    const std::string field = "voluntary_ctxt_switches:";
    for (std::string word; status >> word;)
        if (unsigned long count = 0; word == field && status >> count)
            return count;
    return 0;
}

/// A libnftnl of its own: it wakes up for everybody who loads the same.
DaemonProcess::Environment withLibraryOfItsOwn(const Scratch& folder)
{
    must(
        "cp \"$(ldd " FWDGUARD_DAEMON " | sed -n 's/.* => \\(.*libnftnl[^ ]*\\) .*/\\1/p')\" " +
        folder.path().string());
    return {{"LD_LIBRARY_PATH", folder.path().string()}};
}

} // namespace

TEST_CASE("a rule flushed from a legacy table is back by polling alone")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    const DaemonProcess& daemon = host.start(polling);
    // Under another lock: only the clock makes the daemon look.
    CHECK(host.legacyUnderAnotherLock("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule);
    host.legacyUnderAnotherLock("-F FORWARD");
    CHECK(
        daemon.logged("r: deleted from ip filter FORWARD (legacy) by an unknown process; back at"));
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule);
    CHECK(must("nft list ruleset").empty());
}

TEST_CASE("changes of nf_tables do not put off the next poll")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    const DaemonProcess& daemon =
        host.start(R"("sweep":"0s","legacy":{"watch":"poll","poll_interval":"4s"})");
    host.legacyUnderAnotherLock("-F FORWARD");
    // Each of them wakes the daemon once more when it has been quiet for a second.
    constexpr int changes = 8;
    const std::string back = "r: deleted from ip filter FORWARD (legacy)";
    for (int i = 0; i < changes && daemon.log().find(back) == std::string::npos; ++i) {
        must("nft add table inet other" + std::to_string(i));
        std::this_thread::sleep_for(std::chrono::milliseconds(1300));
    }
    CHECK(daemon.log().find(back) != std::string::npos);
}

TEST_CASE("a rule flushed under the xtables lock is back without waiting for the next poll")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    const DaemonProcess& daemon = host.start(R"("legacy":{"watch":"poll","poll_interval":"1h"})");
    host.legacy("-F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy)"));
    CHECK(
        eventually([&] { return host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule; }));
}

TEST_CASE(
    "where the configuration insists on audit and it does not come, polling guards, with a warning")
{
    if (legacyMissing())
        return;
    LegacyHost host; // a network namespace of its own: nothing is announced there
    host.legacy("-P FORWARD DROP");
    const DaemonProcess& daemon =
        host.start(R"("sweep":"0s","legacy":{"watch":"audit","poll_interval":"100ms"})");
    CHECK(daemon.logged("legacy tables: polling, not as the configuration says: "));
    host.legacyUnderAnotherLock("-F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy)"));
    CHECK(
        eventually([&] { return host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule; }));
}

TEST_CASE("where no legacy table exists, polling wakes nobody")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    must("iptables-nft -P FORWARD DROP");
    const Scratch library;
    const DaemonProcess& daemon = host.start(polling, withLibraryOfItsOwn(library));
    std::this_thread::sleep_for(std::chrono::milliseconds(1500)); // the survey, a second later
    const unsigned long before = sleepsOf(daemon.pid());
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const unsigned long sleeps = sleepsOf(daemon.pid()) - before;
    CHECK(sleeps < 5); // 20 polls would fit in
    CHECK(daemon.log().find("legacy tables:") == std::string::npos);
}

TEST_CASE("a rule repaired in a legacy table goes on counting from what the last poll saw")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    host.legacy("-P OUTPUT ACCEPT");
    must("ip link set lo up");
    const Scratch library;
    const DaemonProcess& daemon =
        host.start(polling, withLibraryOfItsOwn(library), {FWDGUARD_DAEMON}, overLoopback);
    must("bash -c 'for i in $(seq 50); do echo > /dev/udp/127.0.0.1/9; done' 2>&1");
    const unsigned long before = sleepsOf(daemon.pid());
    REQUIRE(
        eventually([&] { return sleepsOf(daemon.pid()) >= before + 8; })); // nearly all are polls
    host.legacyUnderAnotherLock("-F OUTPUT");
    CHECK(daemon.logged("r: deleted from ip filter OUTPUT (legacy)"));
    const std::string counted = must("iptables-legacy-save -c | grep fwd-guard:r");
    INFO(counted);
    CHECK(std::stoi(counted.substr(1)) >= 50);
}

TEST_CASE(
    "a legacy table that appears later is guarded without a restart; none is created by looking")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    must("iptables-nft -P FORWARD DROP");
    const DaemonProcess& daemon = host.start(polling);
    CHECK(must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + guardedRule);
    CHECK(liveTables().empty());

    host.legacy("-P FORWARD DROP");
    CHECK(daemon.logged("r: in place in ip filter FORWARD (legacy)"));
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule);
    CHECK(daemon.logged("in nf_tables and in legacy tables at once: ip filter FORWARD"));

    must("iptables-nft -F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD by iptables"));
}

TEST_CASE("a legacy table that appears under another lock is found when the daemon is awake anyway")
{
    if (legacyMissing())
        return;
    // nf_tables has changed and is at rest again, or the service manager is told that all is well.
    const bool watchdog = GENERATE(false, true);
    LegacyHost host;
    const DaemonProcess& daemon = host.start(
        polling,
        watchdog ? DaemonProcess::Environment{{"WATCHDOG_USEC", "400000"}}
                 : DaemonProcess::Environment{});
    std::this_thread::sleep_for(std::chrono::milliseconds(1500)); // the survey, a second later
    host.legacyUnderAnotherLock("-P FORWARD DROP");
    if (!watchdog)
        must("nft add table inet other");
    CHECK(daemon.logged("r: in place in ip filter FORWARD (legacy)"));
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule);
}

TEST_CASE("the backend that the configuration names is the only one that is written")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    must("nft add table ip filter '{ chain FORWARD { type filter hook forward priority 0; }; }'");
    const std::string backend = GENERATE("nf_tables", "legacy");
    host.start(R"("backend":")" + backend + R"(",)" + polling);
    const bool inLegacy = backend == "legacy";
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + (inLegacy ? guardedRule : ""));
    CHECK((must("nft list ruleset").find("fwd-guard:r") == std::string::npos) == inLegacy);
}

TEST_CASE("in a kernel without legacy tables nf_tables is guarded, and they are told unavailable")
{
    const std::string backend = GENERATE("auto", "legacy");
    LegacyHost host;
    must("iptables-nft -P FORWARD DROP");
    const DaemonProcess& daemon = host.start(
        R"("backend":")" + backend + R"(",)" + polling,
        DaemonProcess::preloading(FWDGUARD_NO_XTABLES));
    CHECK(daemon.logged("legacy tables: unavailable: /proc/self/net/ip_tables_names does not "
                        "exist: the kernel has no legacy tables"));
    if (backend == "legacy") {
        CHECK(must("iptables-nft -S FORWARD") == "-P FORWARD DROP\n");
        CHECK(daemon.log().find("waiting") != std::string::npos);
        return;
    }
    must("iptables-nft -F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD by iptables"));
    CHECK(must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + guardedRule);
}

TEST_CASE("in a container that has CAP_NET_ADMIN alone, root is told what legacy tables take")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    must("iptables-nft -P FORWARD DROP");
    const DaemonProcess& daemon = host.start(
        polling,
        {},
        {"setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all", FWDGUARD_DAEMON});
    CHECK(daemon.logged("legacy tables: unavailable"));
    CHECK(daemon.logged("CAP_NET_RAW"));
    CHECK(must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + guardedRule);
}
