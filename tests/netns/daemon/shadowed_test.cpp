// SPDX-License-Identifier: GPL-2.0-or-later
// A rule that is in place and cannot work is said to be, by the program as a whole.
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace fwdguard::test;

namespace {

const std::string shipped = FWDGUARD_SHIPPED_CONFIGURATION;

std::string shadowedBy(const std::string& what)
{
    return "to-docker0: in place in ip filter FORWARD, but its traffic is dropped all the same (" +
           what + ")";
}

const std::string freed = "to-docker0: no longer shadowed; in place in ip filter FORWARD";

/// A firewall of its own beside iptables, as a host's administrator writes it.
const std::string firewall = "nft 'add table inet fw; add chain inet fw forward { type filter hook "
                             "forward priority 0; policy drop; }'";

/// Processor time that the process has used, in clock ticks (proc(5), stat fields 14 and 15).
long ticksOf(pid_t pid)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::istringstream rest(text.substr(text.rfind(')') + 2));
    const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
    return std::stol(fields.at(11)) + std::stol(fields.at(12));
}

} // namespace

TEST_CASE("a rule that a firewall beside it shadows is reported, and when it is free again")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    DaemonProcess daemon(scratch, {"--config", shipped});
    REQUIRE(daemon.notified("READY=1"));
    must(firewall);
    CHECK(daemon.logged(shadowedBy("policy drop of inet fw forward")));
    CHECK(daemon.notified("shadowed (policy drop of inet fw forward)"));
    must("nft delete table inet fw");
    CHECK(daemon.logged(freed));
    must("iptables -t raw -A PREROUTING -j DROP");
    CHECK(daemon.logged(shadowedBy("ip raw PREROUTING rule 1 (drop)")));
}

TEST_CASE("what shadows a rule from the start is found soon after, and a repair does not hide it")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    must(firewall);
    DaemonProcess daemon(scratch, {"--config", shipped});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(daemon.logged(shadowedBy("policy drop of inet fw forward")));
    must("iptables -F FORWARD");
    CHECK(daemon.logged("back at head after"));
    CHECK(daemon.log().find("no longer shadowed") == std::string::npos);
}

TEST_CASE("a firewall that never comes to rest, and a chain too long to look at, cost little")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    must("(echo '*filter'; echo ':BIG -'; echo '-A FORWARD -j BIG'; for i in $(seq 20000); do echo "
         "\"-A BIG -s 10.$((i / 250)).$((i % 250)).1 -j RETURN\"; done; echo COMMIT) | "
         "iptables-restore --noflush");
    DaemonProcess daemon(scratch, {"--config", shipped});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(daemon.logged("too long to look there for what shadows the rules: ip filter BIG"));
    must("iptables -F BIG; (echo '*filter'; for i in $(seq 4000); do echo \"-A BIG -s 10.$((i / "
         "250)).$((i % 250)).1 -j RETURN\"; done; echo COMMIT) | iptables-restore --noflush");
    const long before = ticksOf(daemon.pid());
    must("for i in $(seq 40); do nft add table ip churn$i; sleep 0.1; done");
    const long used = ticksOf(daemon.pid()) - before;
    INFO(used);
    CHECK(used < 40); // of some 400 and more that went by
}

TEST_CASE("firewalld's table is said to shadow the rules while it rejects their traffic")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    must("nft -f " FWDGUARD_FIXTURES "/firewalld.nft");
    DaemonProcess daemon(scratch, {"--config", shipped});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(daemon.logged(shadowedBy("new connections, either way: inet firewalld "
                                   "filter_FORWARD_POLICIES rule 2 (reject)")));
    // As `firewall-cmd --reload` does it, in one transaction.
    must("{ echo 'delete table inet firewalld'; cat " FWDGUARD_FIXTURES
         "/firewalld-docker.nft; } | nft -f -");
    CHECK(daemon.logged(freed));
}

TEST_CASE("a legacy table nat may translate what firewalld lets through then")
{
    if (run("iptables-legacy --version && test -e /proc/net/ip_tables_names").status != 0)
        skip("no legacy tables here");
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    must("nft -f " FWDGUARD_FIXTURES "/firewalld.nft");
    const bool commits = GENERATE(true, false);
    DaemonProcess daemon(
        scratch,
        {"--config", shipped},
        commits ? DaemonProcess::Environment{}
                : DaemonProcess::Environment{{"WATCHDOG_USEC", "400000"}});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(daemon.logged("its traffic is dropped all the same"));
    must("iptables-legacy -t nat -S");
    if (commits)
        must("nft add table ip unrelated");
    CHECK(daemon.logged(freed));
}

TEST_CASE("firewalld's panic mode is said to shadow the rules, and is left alone")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD ACCEPT");
    const auto file = scratch.write(
        "c.json",
        R"({"policies":[{"family":"ip","table":"filter","chain":"FORWARD","policy":"accept"}],)"
        R"("rules":[{"id":"to-docker0","family":"ip","table":"filter","chain":"FORWARD",)"
        R"("match":{"out_interface":"docker0"},"verdict":"accept"}]})");
    DaemonProcess daemon(scratch, {"--config", file});
    REQUIRE(daemon.notified("READY=1"));
    SECTION("as its nftables backend does it")
    {
        must("nft 'add table inet firewalld_policy_drop;"
             "add chain inet firewalld_policy_drop raw_prerouting "
             "{ type filter hook prerouting priority -291; policy drop; };"
             "add chain inet firewalld_policy_drop raw_output "
             "{ type filter hook output priority -291; policy drop; }'");
        const std::string panic = must("nft list table inet firewalld_policy_drop");
        CHECK(daemon.logged(shadowedBy("firewalld's panic mode: policy drop of inet "
                                       "firewalld_policy_drop raw_prerouting")));
        must("iptables -F FORWARD");
        CHECK(daemon.logged("back at head after"));
        CHECK(must("nft list table inet firewalld_policy_drop") == panic);
        must("nft delete table inet firewalld_policy_drop");
    }
    SECTION("as its iptables backend does it: nothing passes raw PREROUTING, whatever FORWARD says")
    {
        const auto set = [](const std::string& policy) {
            std::string text;
            const auto add = [&](const std::string& table, const std::vector<std::string>& chains) {
                text += "*" + table + "\n";
                for (const std::string& chain : chains)
                    text += "-P " + chain + " " + policy + "\n";
                text += "COMMIT\n";
            };
            add("raw", {"PREROUTING", "OUTPUT"});
            add("mangle", {"PREROUTING", "POSTROUTING", "INPUT", "OUTPUT", "FORWARD"});
            add("filter", {"INPUT", "OUTPUT", "FORWARD"});
            must("iptables-restore -n <<'END'\n" + text + "END");
        };
        set("DROP");
        CHECK(daemon.logged(
            shadowedBy("as in firewalld's panic mode: policy drop of ip raw PREROUTING")));
        // A declared policy is held, and lets nothing pass.
        CHECK(eventually(
            [] { return must("iptables -S FORWARD").starts_with("-P FORWARD ACCEPT"); }));
        CHECK(must("iptables -t raw -S") == "-P PREROUTING DROP\n-P OUTPUT DROP\n");
        CHECK(must("iptables -t mangle -S FORWARD") == "-P FORWARD DROP\n");
        set("ACCEPT");
    }
    CHECK(daemon.logged(freed));
}
