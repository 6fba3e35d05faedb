// SPDX-License-Identifier: GPL-2.0-or-later
// Flows on the real kernel: packets between two namespaces through the rulesets that Docker 28 and
// 29 keep, and iptables and nft as the oracle.
#include "netns/daemon/daemon_process.hpp"
#include "netns/daemon/two_nodes.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <csignal>

using namespace fwdguard::test;

namespace {

const std::string fixtures = FWDGUARD_FIXTURES;

/// The example's flow, with `more` keys, and Docker's configuration in the scratch directory.
std::string flow(const Scratch& scratch, const std::string& more = "")
{
    return R"({"flows":[{"id":"pods","from":"flannel.1","to":"docker0","destination":"10.244.0.0/16")" +
           more + R"(}],"docker_config":")" + (scratch.path() / "daemon.json").string() + "\"}";
}

const std::string wholeConfiguration =
    R"({"firewall-backend":"nftables","bridge-accept-fwmark":"0x1000/0x1000",)"
    R"("allow-direct-routing":true})";
const std::string restartDocker = "drops it: restart Docker, which does not yet do what ";

const std::string directAccess = R"(,"direct_access":true)";

std::string accept(const std::string& id, const std::string& match)
{
    return match + " -m comment --comment \"fwd-guard:" + id + "\" -j ACCEPT\n";
}

const std::string there = accept("pods-there-1", "-d 10.244.0.0/16 -i flannel.1 -o docker0");
const std::string back = accept("pods-back-1", "-s 10.244.0.0/16 -i docker0 -o flannel.1");
const std::string raw = accept("pods-raw-1", "-d 10.244.0.0/16 -i flannel.1");

/// Docker 28's ruleset, as it stands after a restart of Docker.
void loadDocker28()
{
    must("iptables-restore < " + fixtures + "/docker28.rules");
}

/// Docker 29's, without the lines that `without`, a sed script, deletes.
void replayDocker29(const std::string& without = "")
{
    must("sed '" + without + "' " + fixtures + "/docker29.nft | nft -f -");
}

const std::string noAcceptedMark = "/accepted mark/d";
const std::string noDirectAccessDrop = "/direct access/d";

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

bool comesTo(const std::string& command, const std::string& part)
{
    return eventually([&] { return has(run(command).text, part); });
}

} // namespace

TEST_CASE("through Docker 28's rules a packet for a container passes with direct access only")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    loadDocker28();
    CHECK_FALSE(nodes.otherReachesOurs());
    {
        DaemonProcess daemon(scratch, {"--config", scratch.write("c.json", flow(scratch))});
        REQUIRE(daemon.notified("READY=1"));
        CHECK(has(must("iptables -S FORWARD"), "-A FORWARD " + there + "-A FORWARD " + back));
        CHECK_FALSE(nodes.otherReachesOurs());
        CHECK_FALSE(nodes.oursReachesOther()); // the answers are for the container's address, too
        CHECK_FALSE(has(must("iptables -t raw -S PREROUTING"), "fwd-guard"));

        scratch.write("c.json", flow(scratch, directAccess));
        REQUIRE(comesTo("iptables -t raw -S PREROUTING", raw));
        CHECK(nodes.otherReachesOurs());
    }
}

TEST_CASE("a flow survives a flush of FORWARD under policy DROP, and a restart of Docker 28")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    loadDocker28();
    DaemonProcess daemon(
        scratch, {"--config", scratch.write("c.json", flow(scratch, directAccess))});
    REQUIRE(daemon.notified("READY=1"));
    must("iptables -F FORWARD");
    REQUIRE(comesTo("iptables -S FORWARD", there));
    CHECK(nodes.otherReachesOurs());
    CHECK(nodes.oursReachesOther());
    loadDocker28();
    REQUIRE(comesTo("iptables -t raw -S PREROUTING", raw));
    REQUIRE(comesTo("iptables -S FORWARD", there));
    CHECK(nodes.otherReachesOurs());
}

TEST_CASE("a flow with the anchor docker-user stands in DOCKER-USER, and waits while that is away")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    DaemonProcess daemon(
        scratch,
        {"--config",
         scratch.write("c.json", flow(scratch, directAccess + R"(,"anchor":"docker-user")"))});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(daemon.logged("pods-there-1: "));
    loadDocker28();
    REQUIRE(comesTo("iptables -S DOCKER-USER", there));
    REQUIRE(comesTo("iptables -t raw -S PREROUTING", raw));
    CHECK_FALSE(has(must("iptables -S FORWARD"), "fwd-guard"));
    CHECK(nodes.otherReachesOurs());
}

TEST_CASE(
    "a flow whose interface is not there says so, guards its rules, and hears of the interface")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    must("ip link add docker0 type bridge");
    DaemonProcess daemon(scratch, {"--config", scratch.write("c.json", flow(scratch))});
    REQUIRE(daemon.notified("flow pods waiting (no interface flannel.1)"));
    CHECK(daemon.logged("flow pods: waiting: no interface flannel.1"));
    CHECK(comesTo("iptables -S FORWARD", there));
    must("ip link add flannel.1 type bridge");
    CHECK(daemon.logged("flow pods: lacks nothing any more"));
    must("ip link delete flannel.1");
    CHECK(daemon.notified("flow pods waiting (no interface flannel.1)"));
}

TEST_CASE(
    "replayed ruleset of Docker 29: a packet for a container passes by the mark that Docker's "
    "configuration names, where Docker lets it be reached directly")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    replayDocker29(noDirectAccessDrop);
    CHECK_FALSE(nodes.otherReachesOurs());
    scratch.write("daemon.json", wholeConfiguration);
    DaemonProcess daemon(
        scratch, {"--config", scratch.write("c.json", flow(scratch, directAccess))});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(nodes.otherReachesOurs());
    CHECK(nodes.oursReachesOther());
    CHECK_FALSE(has(daemon.log(), "degraded"));

    must("nft flush ruleset");
    replayDocker29(noDirectAccessDrop);
    CHECK(nodes.otherReachesOurs());

    daemon.signal(SIGTERM);
    CHECK(daemon.exitStatus() == 0);
    CHECK_FALSE(nodes.otherReachesOurs());
}

TEST_CASE(
    "replayed ruleset of Docker 29: what Docker's configuration lacks is told as the lines to "
    "add, until it is there")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    replayDocker29(noAcceptedMark);
    DaemonProcess daemon(
        scratch, {"--config", scratch.write("c.json", flow(scratch, directAccess))});
    const std::string lines =
        R"(daemon.json "bridge-accept-fwmark": "0x1000/0x1000", "allow-direct-routing": true, and )"
        "restart Docker";
    CHECK(daemon.notified("degraded: "));
    CHECK(daemon.logged("flow pods: degraded: "));
    CHECK(daemon.logged(lines));
    CHECK_FALSE(nodes.otherReachesOurs());

    scratch.write("daemon.json", wholeConfiguration);
    must("nft add table ip unrelated"); // the file is read when something else changes
    CHECK(daemon.logged(restartDocker));
    CHECK_FALSE(has(daemon.log(), "lacks nothing any more"));
    CHECK_FALSE(nodes.otherReachesOurs());

    must("nft delete table ip docker-bridges");
    replayDocker29(noDirectAccessDrop);
    CHECK(daemon.logged("flow pods: lacks nothing any more"));
    CHECK(nodes.otherReachesOurs());
}

TEST_CASE(
    "replayed ruleset of Docker 29: what a Docker that has not read its configuration anew drops "
    "is told at the daemon's start as well")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    scratch.write("daemon.json", wholeConfiguration);
    // The whole network's drop, as Docker 29.1 and later write it.
    const std::string networkDrop =
        R"(nft 'add rule ip docker-bridges raw-PREROUTING ip daddr 10.244.1.0/24 )"
        R"(iifname != { "docker0", "lo" } counter drop')";
    SECTION("the mark is not let pass")
    {
        replayDocker29("/direct access/d; /accepted mark/d");
    }
    SECTION("a container's direct access is dropped")
    {
        replayDocker29();
    }
    SECTION("a network's direct access is dropped")
    {
        replayDocker29(noDirectAccessDrop);
        must(networkDrop);
    }
    DaemonProcess daemon(
        scratch, {"--config", scratch.write("c.json", flow(scratch, directAccess))});
    CHECK(daemon.notified("degraded: "));
    CHECK(daemon.logged(restartDocker));
    CHECK_FALSE(nodes.otherReachesOurs());
    must("nft delete table ip docker-bridges");
    replayDocker29(noDirectAccessDrop);
    CHECK(daemon.logged("flow pods: lacks nothing any more"));
    CHECK(nodes.otherReachesOurs());
}

TEST_CASE("replayed ruleset of Docker 29: a mark that Docker has from its command line is let pass")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    must("sed 's/0x1000/0x20/g; /direct access/d' " + fixtures + "/docker29.nft | nft -f -");
    const std::string everyBridge =
        R"({"flows":[{"id":"pods","from":"flannel+","to":"docker+"}],"docker_config":")" +
        (scratch.path() / "daemon.json").string() + "\"}";
    DaemonProcess daemon(scratch, {"--config", scratch.write("c.json", everyBridge)});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(nodes.otherReachesOurs());
    CHECK_FALSE(has(daemon.log(), "degraded"));
}

TEST_CASE(
    "replayed ruleset of Docker 29: an accept stands also in a FORWARD that Docker's iptables "
    "backend left behind with policy DROP")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    scratch.write("daemon.json", R"({"bridge-accept-fwmark":"0x1000/0x1000"})");
    replayDocker29(noDirectAccessDrop);
    DaemonProcess daemon(scratch, {"--config", scratch.write("c.json", flow(scratch))});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(nodes.otherReachesOurs());
    must("iptables -P FORWARD DROP");
    REQUIRE(comesTo("iptables -S FORWARD", there));
    CHECK(nodes.otherReachesOurs());
}

TEST_CASE("replayed ruleset of Docker 29: a change of Docker's backend expands the flow anew")
{
    const FreshNetns netns;
    const TwoNodes nodes;
    const Scratch scratch;
    loadDocker28();
    DaemonProcess daemon(
        scratch, {"--config", scratch.write("c.json", flow(scratch, directAccess))});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(nodes.otherReachesOurs());
    CHECK_FALSE(has(must("nft list tables"), "table ip fwd-guard"));

    must("iptables -F; iptables -X; iptables -t raw -F"); // as Docker 29 leaves them: policy DROP
    replayDocker29(noDirectAccessDrop);
    REQUIRE(comesTo("nft list tables", "table ip fwd-guard"));
    CHECK(nodes.otherReachesOurs());
    CHECK(eventually([] { return !has(must("iptables -t raw -S"), "fwd-guard"); }));

    must("nft delete table ip docker-bridges");
    loadDocker28();
    CHECK(eventually([] { return !has(must("nft list tables"), "table ip fwd-guard"); }));
    REQUIRE(comesTo("iptables -t raw -S PREROUTING", raw));
    CHECK(nodes.otherReachesOurs());
}

TEST_CASE(
    "replayed ruleset of Docker 29: while somebody else has a table of our name, other changes are "
    "noticed as soon as ever, and the mark is set when the name is free")
{
    const FreshNetns netns;
    const Scratch scratch;
    scratch.write("daemon.json", wholeConfiguration);
    replayDocker29();
    must("nft add table ip fwd-guard");
    must("ip link add docker0 type bridge");
    DaemonProcess daemon(scratch, {"--config", scratch.write("c.json", flow(scratch))});
    REQUIRE(daemon.notified("no interface flannel.1)"));
    REQUIRE(daemon.logged("degraded: cannot mark packets for Docker: "));
    const auto start = std::chrono::steady_clock::now();
    must("ip link add flannel.1 type bridge");
    CHECK(eventually([&daemon] {
        const std::string log = daemon.log();
        return !has(log.substr(log.rfind("cannot mark packets")), "no interface");
    }));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
    must("nft delete table ip fwd-guard");
    CHECK(daemon.logged("flow pods: lacks nothing any more"));
    CHECK(has(must("nft list table ip fwd-guard"), "pods-there-1"));
}

TEST_CASE("the daemon counts its flows and their rules when it has loaded them and when it starts")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD DROP");
    DaemonProcess daemon(
        scratch, {"--config", scratch.write("c.json", flow(scratch, directAccess))});
    REQUIRE(daemon.notified("2 of 3 rules, 0 of 1 flows in place"));
    CHECK(daemon.logged("c.json: 0 rules, 1 flow\n"));
    CHECK(daemon.logged(" guards 3 rules, 1 flow ("));
}

TEST_CASE("the option --check-config counts flows, and the example of Docker 28 is good")
{
    const Scratch scratch;
    DaemonProcess daemon(
        scratch, {"--check-config", "--config", FWDGUARD_EXAMPLES "/docker28-flow.json"});
    CHECK(daemon.exitStatus() == 0);
    CHECK(has(daemon.log(), "0 rules, 1 flow, good"));
}
