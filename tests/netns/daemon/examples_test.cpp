// SPDX-License-Identifier: GPL-2.0-or-later
// Each example among the rules of the software that it is made for: what that software writes at
// its start and at a restart is written here by iptables and nft, which also tell the outcome.
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace fwdguard::test;
namespace fs = std::filesystem;

namespace {

/// Docker 26 as it starts for the first time, and what its restart does to the top of FORWARD.
const std::string docker = R"(
    iptables -P FORWARD DROP
    for chain in DOCKER DOCKER-ISOLATION-STAGE-1 DOCKER-USER; do iptables -N $chain; done
    iptables -A DOCKER-ISOLATION-STAGE-1 -j RETURN
    iptables -A DOCKER-USER -j RETURN
    iptables -A FORWARD -j DOCKER-USER
    iptables -A FORWARD -j DOCKER-ISOLATION-STAGE-1
    iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    iptables -A FORWARD -o docker0 -j DOCKER
    iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
    iptables -A FORWARD -i docker0 -o docker0 -j ACCEPT
)";
const std::string dockerRestart = R"(
    for chain in DOCKER-ISOLATION-STAGE-1 DOCKER-USER; do
        iptables -D FORWARD -j $chain; iptables -I FORWARD -j $chain
    done
)";
/// A flush takes Docker's jumps too; it puts them back at its next restart.
const std::string flushed = "iptables -F FORWARD; iptables -A FORWARD -j DOCKER-USER";
const std::string userChainFlushed = "iptables -F DOCKER-USER; iptables -A DOCKER-USER -j RETURN";
const std::string restored = "iptables-save | grep -v fwd-guard: | iptables-restore";

struct Example {
    std::string name;
    std::string software;             ///< shell: its tables and chains, before we start
    std::string list;                 ///< shell: prints the guarded chain
    std::vector<std::string> head;    ///< the listing's first lines that are ours
    std::vector<std::string> damages; ///< shell, each of them followed by a repair
};

/// A rule as `iptables -S` has it: the match, then the tag.
std::string line(const std::string& chain, const std::string& match, const std::string& id)
{
    return "-A " + chain + (match.empty() ? "" : " " + match) +
           " -m comment --comment \"fwd-guard:" + id + "\" -j ACCEPT";
}

const std::string flannelForward = R"(
    iptables -N FLANNEL-FWD
    iptables -A FLANNEL-FWD -s 10.244.0.0/16 -j ACCEPT
    iptables -A FLANNEL-FWD -d 10.244.0.0/16 -j ACCEPT
    iptables -A FORWARD -j FLANNEL-FWD
)";

const std::string libvirt = R"(
    for chain in LIBVIRT_FWX LIBVIRT_FWI LIBVIRT_FWO; do
        iptables -N $chain; iptables -I FORWARD -j $chain
    done
    iptables -A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -j ACCEPT
    iptables -A LIBVIRT_FWO -i virbr0 -j REJECT
    iptables -A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    iptables -A LIBVIRT_FWI -o virbr0 -j REJECT
    iptables -A LIBVIRT_FWX -i virbr0 -o virbr0 -j ACCEPT
)";

const std::string lxd = R"(
    nft 'add table inet lxd; add chain inet lxd fwd.lxdbr0 { type filter hook forward priority 0; policy accept; };
         add rule inet lxd fwd.lxdbr0 ip version 4 oifname lxdbr0 accept;
         add rule inet lxd fwd.lxdbr0 ip version 4 iifname lxdbr0 accept'
)";

const std::string tailscale = R"(
    iptables -N ts-forward
    iptables -A ts-forward -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000
    iptables -A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT
    iptables -A ts-forward -s 100.64.0.0/10 -o tailscale0 -j DROP
    iptables -A ts-forward -o tailscale0 -j ACCEPT
    iptables -I FORWARD -j ts-forward
)";

const std::string inputs = "iptables -A INPUT -j REJECT; ip6tables -A INPUT -j REJECT";

const std::string answers = "-m conntrack --ctstate RELATED,ESTABLISHED";

std::vector<Example> examples()
{
    const std::string forward = "iptables -S FORWARD";
    const std::string user = "iptables -S DOCKER-USER";
    const std::vector<std::string> onForward{dockerRestart, flushed, restored};
    const std::vector<std::string> onUser{dockerRestart, userChainFlushed, restored};
    return {
        {"flannel-vxlan",
         docker + flannelForward,
         forward,
         {line("FORWARD", "-i flannel.1 -o docker0", "flannel-in"),
          line("FORWARD", "-i docker0 -o flannel.1", "flannel-out")},
         onForward},
        {"docker28-flow",
         docker + flannelForward,
         forward,
         {line("FORWARD", "-d 10.244.0.0/16 -i flannel.1 -o docker0", "pods-there-1"),
          line("FORWARD", "-s 10.244.0.0/16 -i docker0 -o flannel.1", "pods-back-1")},
         onForward},
        {"docker28-flow",
         docker + "iptables -t raw -A PREROUTING -d 10.244.1.2/32 ! -i docker0 -j DROP",
         "iptables -t raw -S PREROUTING",
         {line("PREROUTING", "-d 10.244.0.0/16 -i flannel.1", "pods-raw-1")},
         {"iptables -t raw -I PREROUTING -d 10.244.1.3/32 ! -i docker0 -j DROP",
          "iptables -t raw -F PREROUTING"}},
        {"flannel-udp",
         docker + flannelForward,
         forward,
         {line("FORWARD", "-i flannel0 -o docker0", "flannel-in"),
          line("FORWARD", "-i docker0 -o flannel0", "flannel-out")},
         onForward},
        {"libvirt-beside-docker",
         docker + libvirt,
         user,
         {line("DOCKER-USER", "-i virbr0 ! -o docker0", "vm-out"),
          line("DOCKER-USER", "! -i docker0 -o virbr0 " + answers, "vm-in")},
         onUser},
        {"lxd-beside-docker",
         docker + lxd,
         user,
         {line("DOCKER-USER", "-i lxdbr0 ! -o docker0", "lxd-out"),
          line("DOCKER-USER", "! -i docker0 -o lxdbr0 " + answers, "lxd-in")},
         onUser},
        {"tailscale-to-containers",
         docker + tailscale,
         user,
         {line("DOCKER-USER", "-s 100.64.0.0/10 -i tailscale0 -o docker0", "tailnet-to-containers"),
          line(
              "DOCKER-USER", "-d 100.64.0.0/10 -i docker0 -o tailscale0", "containers-to-tailnet")},
         onUser},
        {"wireguard-to-containers",
         docker,
         forward,
         {line("FORWARD", "-s 10.8.0.0/24 -i wg0 -o docker0", "wireguard-to-containers"),
          line(
              "FORWARD", "-d 10.8.0.0/24 -i docker0 -o wg0 " + answers, "containers-to-wireguard")},
         onForward},
        {"wireguard",
         docker + inputs,
         forward,
         {line("FORWARD", "-s 10.8.0.0/24 -i wg0 -o eth0", "wireguard-to-lan"),
          line("FORWARD", "-d 10.8.0.0/24 -i eth0 -o wg0 " + answers, "lan-to-wireguard")},
         onForward},
        {"wireguard",
         docker + inputs,
         "iptables -S INPUT",
         {line("INPUT", "-p udp -m udp --dport 51820", "wireguard-handshake")},
         {"iptables -I INPUT -j REJECT", "iptables -F INPUT"}},
        {"wireguard",
         docker + inputs,
         "ip6tables -S INPUT",
         {line("INPUT", "-p udp -m udp --dport 51820", "wireguard-handshake")},
         {"ip6tables -I INPUT -j REJECT", "ip6tables -F INPUT"}},
        {"accept-all", docker, forward, {line("FORWARD", "", "accept-all")}, onForward},
        {"policy-accept",
         docker + "ip6tables -P FORWARD DROP",
         "iptables -S FORWARD; ip6tables -S FORWARD",
         {},
         {"iptables -P FORWARD DROP", "ip6tables -P FORWARD DROP"}},
    };
}

fs::path fileOf(const Example& example)
{
    return fs::path(FWDGUARD_EXAMPLES) / (example.name + ".json");
}

/// The listing begins with the chain itself, then ours in their order.
bool stands(const Example& example)
{
    std::istringstream listing(must(example.list));
    std::string text;
    std::getline(listing, text);
    for (const std::string& expected : example.head)
        if (!std::getline(listing, text) || text != expected)
            return false;
    if (example.name != "policy-accept")
        return true;
    return must("iptables -S FORWARD").starts_with("-P FORWARD ACCEPT\n") &&
           must("ip6tables -S FORWARD").starts_with("-P FORWARD ACCEPT\n");
}

} // namespace

TEST_CASE("every example holds among the rules of the software it is for")
{
    for (const Example& example : examples()) {
        INFO(example.name);
        const FreshNetns netns;
        const Scratch scratch;
        must("set -e\n" + example.software);
        DaemonProcess daemon(scratch, {"--config", fileOf(example)});
        REQUIRE(daemon.notified("READY=1"));
        INFO(must(example.list));
        CHECK(stands(example));
        // Nothing of it stands by for what this software never makes; a flow knows what it needs.
        if (example.name != "docker28-flow")
            CHECK(daemon.log().find(": waiting") == std::string::npos);
        for (const std::string& damage : example.damages) {
            INFO(damage);
            must("set -e\n" + damage);
            CHECK(eventually([&] { return stands(example); }));
        }
    }
}

TEST_CASE("every example is tried here, but for the catalogue of keys")
{
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(FWDGUARD_EXAMPLES))
        files.insert(entry.path().stem());
    std::set<std::string> tried{"reference"};
    for (const Example& example : examples())
        tried.insert(example.name);
    CHECK(files == tried);
}

TEST_CASE("the example that accepts everything is started with a warning")
{
    const FreshNetns netns;
    const Scratch scratch;
    must(docker);
    DaemonProcess daemon(scratch, {"--config", fs::path(FWDGUARD_EXAMPLES) / "accept-all.json"});
    REQUIRE(daemon.notified("READY=1"));
    CHECK(daemon.logged("warning: "));
    CHECK(daemon.logged("accept-all"));
}
