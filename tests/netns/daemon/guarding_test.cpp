// SPDX-License-Identifier: GPL-2.0-or-later
// The program as a whole on the real kernel; iptables and nft are the other processes and the
// oracle.
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

using namespace fwdguard::test;

namespace {

const std::string shippedRules =
    "-A FORWARD ! -i docker0 -o docker0 -m comment --comment \"fwd-guard:to-docker0\" -j ACCEPT\n"
    "-A FORWARD -i docker0 ! -o docker0 -m comment --comment \"fwd-guard:from-docker0\" -j "
    "ACCEPT\n";

std::string forward()
{
    return must("iptables -S FORWARD");
}

bool guarded()
{
    return eventually([] { return forward() == "-P FORWARD DROP\n" + shippedRules; });
}

std::string configuration(const std::string& interface, const std::string& more = "")
{
    return R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD","match":{"out_interface":")" +
           interface + R"("},"verdict":"accept"}])" + more + "}";
}

std::string ruleFor(const std::string& interface)
{
    return "-P FORWARD ACCEPT\n-A FORWARD -o " + interface +
           " -m comment --comment \"fwd-guard:r\" -j ACCEPT\n";
}

const std::string shipped = FWDGUARD_SHIPPED_CONFIGURATION;

} // namespace

TEST_CASE("READY means that the rules of all chains stand")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP; ip6tables -P FORWARD DROP;"
         "nft 'add table inet t; add chain inet t c'");
    const auto rule = [](const std::string& id,
                         const std::string& family,
                         const std::string& table,
                         const std::string& chain) {
        return R"({"id":")" + id + R"(","family":")" + family + R"(","table":")" + table +
               R"(","chain":")" + chain +
               R"(","match":{"out_interface":"eth7"},"verdict":"accept"})";
    };
    const auto file = scratch.write(
        "c.json",
        R"({"rules":[)" + rule("a", "ip", "filter", "FORWARD") + "," +
            rule("b", "ip6", "filter", "FORWARD") + "," + rule("c", "inet", "t", "c") + "]}");
    DaemonProcess daemon(
        scratch, {"--config", file}, DaemonProcess::preloading(FWDGUARD_DEAD_AT_READY));
    REQUIRE(daemon.exitStatus() == 0);
    REQUIRE(daemon.notified("READY=1"));
    CHECK(must("iptables -S FORWARD").find("fwd-guard:a") != std::string::npos);
    CHECK(must("ip6tables -S FORWARD").find("fwd-guard:b") != std::string::npos);
    CHECK(must("nft list chain inet t c").find("fwd-guard:c") != std::string::npos);
}

TEST_CASE(
    "what a former configuration has left, in whatever chain, is taken out while others commit")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP && nft 'add table inet t; add chain inet t c; "
         "add rule inet t c iifname a accept comment \"fwd-guard:left\"; "
         "add rule inet t c iifname b accept comment \"foreign\"; add table inet noise'");
    DaemonProcess daemon(scratch, {"--config", shipped});
    must("for i in $(seq 30); do nft add chain inet noise c$i; done");
    REQUIRE(daemon.notified("READY=1"));
    CHECK(eventually(
        [] { return must("nft list chain inet t c").find("left") == std::string::npos; }));
    CHECK(must("nft list chain inet t c").find("comment \"foreign\"") != std::string::npos);
    CHECK(daemon.logged("left: removed from inet t c"));
    CHECK(guarded());
}

TEST_CASE("after iptables, iptables-restore or nft took the rules away they are back, and the log "
          "says who")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    must("iptables-save > " + (scratch.path() / "saved").string());
    DaemonProcess daemon(scratch, {"--config", shipped});
    REQUIRE(daemon.notified("READY=1"));

    must("iptables -F FORWARD");
    CHECK(guarded());
    CHECK(daemon.logged("to-docker0: deleted from ip filter FORWARD by iptables (pid "));

    must("iptables-restore < " + (scratch.path() / "saved").string());
    CHECK(guarded());
    CHECK(daemon.logged("by iptables-restor")); // the kernel keeps 15 characters

    must("nft flush ruleset");
    CHECK(daemon.logged("to-docker0: table ip filter deleted by nft"));
    must("iptables -P FORWARD DROP");
    CHECK(guarded());
    CHECK(daemon.logged("back at head after "));
}

TEST_CASE("without a configuration file the built-in default is guarded")
{
    const FreshNetns netns;
    if (std::filesystem::exists("/etc/fwd-guard/fwd-guard.json")) {
        WARN("SKIPPED: this machine has a configuration");
        return;
    }
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    DaemonProcess daemon(scratch, {});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(guarded());
}

TEST_CASE(
    "SIGTERM and SIGINT end it with status 0; the rules stay, or go when the configuration says so")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD ACCEPT");
    const bool remove = GENERATE(false, true);
    const auto file =
        scratch.write("c.json", configuration("eth7", remove ? R"(,"on_stop":"remove")" : ""));
    DaemonProcess daemon(scratch, {"--config", file});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(forward() == ruleFor("eth7"));
    daemon.signal(GENERATE(SIGTERM, SIGINT));
    CHECK(daemon.notified("STOPPING=1"));
    CHECK(daemon.exitStatus() == 0);
    CHECK(forward() == (remove ? "-P FORWARD ACCEPT\n" : ruleFor("eth7")));
}

TEST_CASE("a second instance for the same network namespace refuses to start and names the first")
{
    const FreshNetns netns;
    const Scratch scratch;
    DaemonProcess first(scratch, {"--config", shipped});
    REQUIRE(first.notified("READY=1"));
    DaemonProcess second(scratch, {"--config", shipped});
    CHECK(second.exitStatus() == 1);
    CHECK(second.logged("(pid " + std::to_string(first.pid()) + ") already guards"));
    SECTION("but another namespace may be guarded beside it")
    {
        const FreshNetns other;
        DaemonProcess third(scratch, {"--config", shipped});
        CHECK(third.notified("READY=1"));
    }
}

TEST_CASE("the option --netns guards a network namespace from outside")
{
    const FreshNetns outside;
    const Scratch scratch;
    const std::string name = "fwd-guard-test-" + std::to_string(getpid());
    must("ip netns add " + name);
    must("ip netns exec " + name + " iptables -P FORWARD DROP");
    {
        DaemonProcess daemon(scratch, {"--config", shipped, "--netns", "/run/netns/" + name});
        CHECK(daemon.notified("READY=1"));
        must("ip netns exec " + name + " iptables -F FORWARD");
        CHECK(eventually([&] {
            return must("ip netns exec " + name + " iptables -S FORWARD") ==
                   "-P FORWARD DROP\n" + shippedRules;
        }));
    }
    must("ip netns delete " + name);
    CHECK(forward() == "-P FORWARD ACCEPT\n");
}

TEST_CASE("the watchdog is fed by the loop")
{
    const FreshNetns netns;
    const Scratch scratch;
    DaemonProcess daemon(scratch, {"--config", shipped}, {{"WATCHDOG_USEC", "200000"}});
    CHECK(daemon.notified("WATCHDOG=1"));
}

TEST_CASE("a service manager that reads nothing keeps no rule waiting, and hears the news later")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD ACCEPT");
    const auto file = scratch.write(
        "c.json",
        configuration("eth7", R"(,"pacing":{"burst":2,"window":"5s","max_delay":"100ms"})"));
    DaemonProcess daemon(scratch, {"--config", file});
    REQUIRE(daemon.notified("READY=1"));
    daemon.fillNotifications();
    for (int i = 0; i < 10; ++i)
        must("iptables -F FORWARD");
    REQUIRE(daemon.logged("r: contested"));
    for (int i = 0; i < 3; ++i) {
        CHECK(eventually([] { return forward() == ruleFor("eth7"); }));
        must("iptables -F FORWARD");
        std::this_thread::sleep_for(std::chrono::milliseconds(100)); // in which it would be told
    }
    CHECK(daemon.notified("r contested"));
}

TEST_CASE("a service manager that reads nothing keeps neither a reload nor the end waiting")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD ACCEPT");
    const auto file = scratch.write("c.json", configuration("eth7"));
    DaemonProcess daemon(scratch, {"--config", file}, {{"WATCHDOG_USEC", "50000"}});
    REQUIRE(daemon.notified("READY=1"));
    daemon.fillNotifications();
    std::this_thread::sleep_for(std::chrono::milliseconds(100)); // a beat of the watchdog, too

    scratch.write("c.json", configuration("eth8"));
    daemon.signal(SIGHUP);
    CHECK(eventually([] { return forward() == ruleFor("eth8"); }));
    must("iptables -F FORWARD");
    CHECK(eventually([] { return forward() == ruleFor("eth8"); }));
    CHECK(daemon.notified("RELOADING=1"));
    CHECK(daemon.notified("READY=1"));

    daemon.fillNotifications();
    daemon.signal(SIGTERM);
    CHECK(daemon.exitStatus() == 0);
}

TEST_CASE("who keeps undoing repairs is named once, and the machine stays usable")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD ACCEPT");
    const auto file = scratch.write(
        "c.json", configuration("eth7", R"(,"pacing":{"burst":5,"window":"5s","max_delay":"1s"})"));
    DaemonProcess daemon(scratch, {"--config", file});
    REQUIRE(daemon.notified("READY=1"));
    for (int i = 0; i < 40; ++i)
        must("iptables -F FORWARD");
    const std::string log = daemon.log();
    const std::string word = "r: contested";
    const auto first = log.find(word);
    CHECK(first != std::string::npos);
    CHECK(log.find(word, first + 1) == std::string::npos);
    CHECK(eventually([] { return forward() == ruleFor("eth7"); }));
}
