// SPDX-License-Identifier: GPL-2.0-or-later
// Legacy tables, alone and beside nf_tables; iptables-legacy and iptables-nft are the other
// processes and the oracle.
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <sys/file.h>

using namespace fwdguard::test;

namespace {

const std::string rule = "-A FORWARD -o eth7 -m comment --comment \"fwd-guard:r\" -j ACCEPT\n";

std::string configuration(const std::string& more, const std::string& place)
{
    return R"({"rules":[{"id":"r","family":"ip","table":"filter",)" + place +
           R"(,"verdict":"accept"}],)" + more + "}";
}

const std::string forwarded = R"("chain":"FORWARD","match":{"out_interface":"eth7"})";
const std::string overLoopback = R"("chain":"OUTPUT","match":{"out_interface":"lo"})";

// Without the sweep: what it would bring back, polling has to.
const std::string polling = R"("sweep":"0s","legacy":{"watch":"poll","poll_interval":"100ms"})";

bool missing()
{
    if (run("iptables-legacy --version && test -e /proc/net/ip_tables_names").status == 0)
        return false;
    std::cout << "SKIPPED: no iptables-legacy, or no legacy tables in this kernel\n";
    return true;
}

/// A network namespace of its own, and the daemon in it once it is started.
class LegacyHost {
  public:
    /// Under the daemon's own lock file.
    [[nodiscard]] std::filesystem::path lock() const { return scratch_.path() / "lock"; }

    std::string legacy(const std::string& arguments) const
    {
        return must("XTABLES_LOCKFILE=" + lock().string() + " iptables-legacy " + arguments);
    }

    /// As who does not keep to the lock.
    std::string legacyUnderAnotherLock(const std::string& arguments) const
    {
        return must(
            "XTABLES_LOCKFILE=" + (scratch_.path() / "other").string() + " iptables-legacy " +
            arguments);
    }

    /// Returns when it is ready. `more` is of the configuration, `place` of the rule. Once.
    DaemonProcess& start(
        const std::string& more,
        DaemonProcess::Environment environment = {},
        const std::vector<std::string>& command = {FWDGUARD_DAEMON},
        const std::string& place = forwarded)
    {
        // The folder above the configuration is watched as well: not where others write.
        const auto file = scratch_.write("etc/c.json", configuration(more, place));
        environment["XTABLES_LOCKFILE"] = lock().string();
        daemon_.emplace(scratch_, std::vector<std::string>{"--config", file}, environment, command);
        REQUIRE(daemon_->notified("READY=1"));
        return *daemon_;
    }

  private:
    FreshNetns netns_;
    Scratch scratch_;
    std::optional<DaemonProcess> daemon_;
};

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

/// Whether a process is asleep because another one has locked a file.
bool waitsForLock(pid_t pid)
{
    return run("grep -q -- '-> FLOCK .* " + std::to_string(pid) + " ' /proc/locks").status == 0;
}

/// Holds the xtables lock as another process would, while it lives.
class HeldLock {
  public:
    explicit HeldLock(const std::filesystem::path& lock)
        : fd_(::open(lock.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600))
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

TEST_CASE("a rule flushed from a legacy table is back by polling alone")
{
    if (missing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    const DaemonProcess& daemon = host.start(polling);
    // Under another lock: only the clock makes the daemon look.
    CHECK(host.legacyUnderAnotherLock("-S FORWARD") == "-P FORWARD DROP\n" + rule);
    host.legacyUnderAnotherLock("-F FORWARD");
    CHECK(
        daemon.logged("r: deleted from ip filter FORWARD (legacy) by an unknown process; back at"));
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + rule);
    CHECK(must("nft list ruleset").empty());
}

TEST_CASE("changes of nf_tables do not put off the next poll")
{
    if (missing())
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
    if (missing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    const DaemonProcess& daemon = host.start(R"("legacy":{"watch":"poll","poll_interval":"1h"})");
    host.legacy("-F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy)"));
    CHECK(eventually([&] { return host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + rule; }));
}

TEST_CASE(
    "where the configuration insists on audit and it does not come, polling guards, with a warning")
{
    if (missing())
        return;
    LegacyHost host; // a network namespace of its own: nothing is announced there
    host.legacy("-P FORWARD DROP");
    const DaemonProcess& daemon =
        host.start(R"("sweep":"0s","legacy":{"watch":"audit","poll_interval":"100ms"})");
    CHECK(daemon.logged("legacy tables: polling, not as the configuration says: "));
    host.legacyUnderAnotherLock("-F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy)"));
    CHECK(eventually([&] { return host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + rule; }));
}

TEST_CASE("where no legacy table exists, polling wakes nobody")
{
    if (missing())
        return;
    LegacyHost host;
    must("iptables-nft -P FORWARD DROP");
    const DaemonProcess& daemon = host.start(polling);
    std::this_thread::sleep_for(std::chrono::milliseconds(1500)); // the survey, a second later
    const unsigned long before = sleepsOf(daemon.pid());
    std::this_thread::sleep_for(std::chrono::seconds(2));
    const unsigned long sleeps = sleepsOf(daemon.pid()) - before;
    CHECK(sleeps < 5); // 20 polls would fit in
    CHECK(daemon.log().find("legacy tables:") == std::string::npos);
}

TEST_CASE(
    "a lock that is held for ever is told with the pid of who holds it, and keeps only legacy "
    "repairs waiting, which are made as soon as it is free")
{
    if (missing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    must("iptables-nft -P FORWARD DROP");
    const DaemonProcess& daemon = host.start(R"("pacing":{"burst":1000},)" + polling);
    std::optional<HeldLock> held{std::in_place, host.lock()};
    host.legacyUnderAnotherLock("-F");
    CHECK(daemon.logged(
        "the xtables lock is held by pid " + std::to_string(::getpid()) +
        "; a repair waits for it"));

    // It waited once. Who waited again and again, each time for longer, would next try 1.5 s after
    // this.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    bool waited = false;
    bool back = true;
    while (std::chrono::steady_clock::now() < end) {
        must("nft flush chain ip filter FORWARD");
        back &= eventually([&] {
            waited |= waitsForLock(daemon.pid());
            return must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + rule;
        });
    }
    CHECK_FALSE(waited);
    CHECK(back);
    const auto freed = std::chrono::steady_clock::now();
    held.reset();
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy)"));
    CHECK(std::chrono::steady_clock::now() - freed < std::chrono::seconds(1));
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + rule);
    CHECK(daemon.log().find("the kernel refuses it") == std::string::npos);
}

TEST_CASE("a rule repaired in a legacy table goes on counting from what the last poll saw")
{
    if (missing())
        return;
    LegacyHost host;
    host.legacy("-P OUTPUT ACCEPT");
    must("ip link set lo up");
    const DaemonProcess& daemon = host.start(polling, {}, {FWDGUARD_DAEMON}, overLoopback);
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
    if (missing())
        return;
    LegacyHost host;
    must("iptables-nft -P FORWARD DROP");
    const DaemonProcess& daemon = host.start(polling);
    CHECK(must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + rule);
    CHECK(liveTables().empty());

    host.legacy("-P FORWARD DROP");
    CHECK(daemon.logged("r: in place in ip filter FORWARD (legacy)"));
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + rule);
    CHECK(daemon.logged("in nf_tables and in legacy tables at once: ip filter FORWARD"));

    must("iptables-nft -F FORWARD");
    CHECK(daemon.logged("r: deleted from ip filter FORWARD by iptables"));
}

TEST_CASE("a legacy table that appears under another lock is found when the daemon is awake anyway")
{
    if (missing())
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
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + rule);
}

TEST_CASE("the backend that the configuration names is the only one that is written")
{
    if (missing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    must("nft add table ip filter '{ chain FORWARD { type filter hook forward priority 0; }; }'");
    const std::string backend = GENERATE("nf_tables", "legacy");
    host.start(R"("backend":")" + backend + R"(",)" + polling);
    const bool inLegacy = backend == "legacy";
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + (inLegacy ? rule : ""));
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
    CHECK(must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + rule);
}

TEST_CASE("in a container that has CAP_NET_ADMIN alone, root is told what legacy tables take")
{
    if (missing())
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
    CHECK(must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + rule);
}
