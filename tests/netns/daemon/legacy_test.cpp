// SPDX-License-Identifier: GPL-2.0-or-later
// Legacy tables, alone and beside nf_tables; iptables-legacy and iptables-nft are the other
// processes and the oracle.
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <sys/file.h>

using namespace fwdguard::test;

namespace {

const std::string rule = "-A FORWARD -o eth7 -m comment --comment \"fwd-guard:r\" -j ACCEPT\n";

std::string configuration(const std::string& more)
{
    return R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD","match":{"out_interface":"eth7"},"verdict":"accept"}],)" +
           more + "}";
}

const std::string polling = R"("legacy":{"watch":"poll","poll_interval":"100ms"})";

bool missing()
{
    if (run("iptables-legacy --version && test -e /proc/net/ip_tables_names").status == 0)
        return false;
    std::cout << "SKIPPED: no iptables-legacy, or no legacy tables in this kernel\n";
    return true;
}

/// The daemon's own lock file, for commands and the daemon alike.
std::string legacy(const Scratch& scratch, const std::string& arguments)
{
    return must(
        "XTABLES_LOCKFILE=" + (scratch.path() / "lock").string() + " iptables-legacy " + arguments);
}

DaemonProcess::Environment lockIn(const Scratch& scratch)
{
    return {{"XTABLES_LOCKFILE", (scratch.path() / "lock").string()}};
}

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

/// Holds the xtables lock as another process would, while it lives.
class HeldLock {
  public:
    explicit HeldLock(const Scratch& scratch)
        : fd_(::open((scratch.path() / "lock").c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600))
    {
        REQUIRE(::flock(fd_, LOCK_EX) == 0);
    }
    HeldLock(const HeldLock&) = delete;
    HeldLock& operator=(const HeldLock&) = delete;
    ~HeldLock() { ::close(fd_); }

  private:
    int fd_;
};

} // namespace

TEST_CASE("a rule flushed from a legacy table is back within one interval of polling")
{
    if (missing())
        return;
    const FreshNetns netns;
    const Scratch scratch;
    legacy(scratch, "-P FORWARD DROP");
    const auto file = scratch.write("c.json", configuration(polling));
    DaemonProcess daemon(scratch, {"--config", file}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    CHECK(legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + rule);
    // Under another lock: only the clock makes the daemon look.
    must("XTABLES_LOCKFILE=" + (scratch.path() / "other").string() + " iptables-legacy -F FORWARD");
    CHECK(
        daemon.logged("r: deleted from ip filter FORWARD (legacy) by an unknown process; back at"));
    CHECK(legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + rule);
    CHECK(must("nft list ruleset").empty());
}

TEST_CASE("a rule flushed under the xtables lock is back without waiting for the next poll")
{
    if (missing())
        return;
    const FreshNetns netns;
    const Scratch scratch;
    legacy(scratch, "-P FORWARD DROP");
    const auto file =
        scratch.write("c.json", configuration(R"("legacy":{"watch":"poll","poll_interval":"1h"})"));
    DaemonProcess daemon(scratch, {"--config", file}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    legacy(scratch, "-F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy)"));
    CHECK(eventually([&] { return legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + rule; }));
}

TEST_CASE("where no legacy table exists, polling wakes nobody")
{
    if (missing())
        return;
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables-nft -P FORWARD DROP");
    // The folder above the configuration is watched as well: not where others write all the time.
    const auto file = scratch.write("etc/c.json", configuration(polling));
    DaemonProcess daemon(scratch, {"--config", file}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    std::this_thread::sleep_for(std::chrono::milliseconds(1500)); // the survey, a second later
    const unsigned long before = sleepsOf(daemon.pid());
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const unsigned long sleeps = sleepsOf(daemon.pid()) - before;
    CHECK(sleeps < 5); // 20 polls would fit in
    CHECK(daemon.log().find("legacy tables:") == std::string::npos);
}

TEST_CASE("a lock that is held for ever is told with the pid of who holds it, and waited for")
{
    if (missing())
        return;
    const FreshNetns netns;
    const Scratch scratch;
    legacy(scratch, "-P FORWARD DROP");
    const auto file = scratch.write("c.json", configuration(polling));
    DaemonProcess daemon(scratch, {"--config", file}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    {
        const HeldLock held(scratch);
        must("XTABLES_LOCKFILE=" + (scratch.path() / "other").string() + " iptables-legacy -F");
        CHECK(daemon.logged(
            "the xtables lock is held by pid " + std::to_string(::getpid()) + "; trying again"));
    }
    CHECK(eventually([&] { return legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + rule; }));
}

TEST_CASE(
    "a legacy table that appears later is guarded without a restart; none is created by looking")
{
    if (missing())
        return;
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables-nft -P FORWARD DROP");
    const auto file = scratch.write("c.json", configuration(polling));
    DaemonProcess daemon(scratch, {"--config", file}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    CHECK(must("iptables-nft -S FORWARD") == "-P FORWARD DROP\n" + rule);
    CHECK(liveTables().empty());

    legacy(scratch, "-P FORWARD DROP");
    CHECK(daemon.logged("r: in place in ip filter FORWARD (legacy)"));
    CHECK(legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + rule);
    CHECK(daemon.logged("in nf_tables and in legacy tables at once: ip filter FORWARD"));

    must("iptables-nft -F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD by iptables"));
}

TEST_CASE("the backend that the configuration names is the only one that is written")
{
    if (missing())
        return;
    const FreshNetns netns;
    const Scratch scratch;
    legacy(scratch, "-P FORWARD DROP");
    must("nft add table ip filter '{ chain FORWARD { type filter hook forward priority 0; }; }'");
    const std::string backend = GENERATE("nf_tables", "legacy");
    const auto file =
        scratch.write("c.json", configuration(R"("backend":")" + backend + R"(",)" + polling));
    DaemonProcess daemon(scratch, {"--config", file}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    const bool inLegacy = backend == "legacy";
    CHECK(legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + (inLegacy ? rule : ""));
    CHECK((must("nft list ruleset").find("fwd-guard:r") == std::string::npos) == inLegacy);
}
