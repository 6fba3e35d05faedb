// SPDX-License-Identifier: GPL-2.0-or-later
// What is held, and where, over the ends of daemons and of network namespaces.
#include "bus/private_bus.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace fwdguard::test;
using fwdguard::busTest::ctl;
using fwdguard::busTest::PrivateBus;

namespace {

ino_t currentInode()
{
    struct stat info {};
    REQUIRE(stat("/proc/thread-self/ns/net", &info) == 0);
    return info.st_ino;
}

/// A new network namespace with this inode number. The kernel gives a number away again as soon as
/// it has taken down who had it, unless somebody else was faster.
void enterAnother(std::optional<FreshNetns>& netns, ino_t inode)
{
    const auto entered = eventually([&] {
        netns.reset();
        netns.emplace();
        return currentInode() == inode;
    });
    if (!entered)
        skip("no other network namespace was given the same inode number");
}

bool isGuarded()
{
    return must("iptables -S FORWARD").find("fwd-guard:to-docker0") != std::string::npos;
}

const std::vector<std::string> asItIs{FWDGUARD_DAEMON};

/// Starts a daemon on the bus, calls `work`, and ends it.
template <class Work>
void withDaemon(
    const Scratch& scratch,
    const PrivateBus& bus,
    Work work,
    const std::vector<std::string>& command = asItIs)
{
    DaemonProcess daemon(
        scratch,
        {"--config", FWDGUARD_SHIPPED_CONFIGURATION},
        {{"DBUS_SYSTEM_BUS_ADDRESS", bus.address()}},
        command);
    REQUIRE(daemon.notified("READY=1"));
    REQUIRE(eventually([] { return ctl({"check"}).status != 3; }));
    work();
    daemon.signal(SIGTERM);
    INFO(daemon.log());
    CHECK(daemon.exitStatus() == 0);
}

} // namespace

TEST_CASE("what is held in a network namespace is not held in a later one with its inode number")
{
    const Scratch scratch;
    std::filesystem::create_directory(scratch.path() / "state");
    PrivateBus bus;
    bus.start();
    std::optional<FreshNetns> netns;
    netns.emplace();
    const ino_t inode = currentInode();
    must("iptables -P FORWARD DROP");
    withDaemon(scratch, bus, [] { REQUIRE(ctl({"hold", "all"}).status == 0); });
    must("iptables -F FORWARD");
    withDaemon(scratch, bus, [] { CHECK_FALSE(isGuarded()); });

    enterAnother(netns, inode);
    must("iptables -P FORWARD DROP");
    withDaemon(scratch, bus, [] { CHECK(isGuarded()); });
}

TEST_CASE("where a network namespace has no lasting name a hold says that a restart will end it")
{
    const Scratch scratch;
    std::filesystem::create_directory(scratch.path() / "state");
    PrivateBus bus;
    bus.start();
    const FreshNetns netns;
    must("iptables -P FORWARD DROP");
    const std::vector<std::string> withoutBootId{
        "unshare",
        "--mount",
        "sh",
        "-c",
        "mount -t tmpfs none /proc/sys/kernel/random && exec \"$@\"",
        "sh",
        FWDGUARD_DAEMON};
    withDaemon(
        scratch,
        bus,
        [] {
            REQUIRE(ctl({"hold", "all"}).status == 0);
        },
        withoutBootId);
    std::ifstream file(scratch.path() / "log");
    const std::string log{std::istreambuf_iterator<char>{file}, {}};
    CHECK(
        log.find("a restart will end what is held: nothing tells this network namespace from a "
                 "later one; that takes Linux 5.14 and /proc/sys/kernel/random/boot_id") !=
        std::string::npos);
    CHECK(std::filesystem::is_empty(scratch.path() / "state"));
    withDaemon(scratch, bus, [] { CHECK(isGuarded()); });
}
