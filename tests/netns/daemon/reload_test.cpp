// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <csignal>

using namespace fwdguard::test;
namespace fs = std::filesystem;

namespace {

std::string configuration(const std::string& interface)
{
    return R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD","match":{"out_interface":")" +
           interface + R"("},"verdict":"accept"}]})";
}

bool guards(const std::string& interface)
{
    return eventually([&] {
        return must("iptables -S FORWARD") ==
               "-P FORWARD ACCEPT\n-A FORWARD -o " + interface +
                   " -m comment --comment \"fwd-guard:r\" -j ACCEPT\n";
    });
}

/// A daemon that guards traffic to eth1, from a file that the test then changes.
struct Running {
    explicit Running(const fs::path& name = "c.json")
        : file(scratch.write(name, configuration("eth1")))
    {
        must("iptables -P FORWARD ACCEPT");
        daemon.emplace(scratch, std::vector<std::string>{"--config", file});
        REQUIRE(daemon->notified("READY=1"));
        REQUIRE(guards("eth1"));
    }

    FreshNetns netns{};
    Scratch scratch{};
    fs::path file;
    std::optional<DaemonProcess> daemon{};
};

/// `link` leads to `target` from now on, in one step.
void swapLink(const fs::path& link, const fs::path& target)
{
    const fs::path fresh = link.string() + ".new";
    fs::create_symlink(target, fresh);
    fs::rename(fresh, link);
}

} // namespace

TEST_CASE("a changed file is loaded by itself, and the service manager is told around it")
{
    Running running;
    running.scratch.write("c.json", configuration("eth2"));
    CHECK(running.daemon->notified("RELOADING=1"));
    CHECK(running.daemon->notified("READY=1"));
    CHECK(guards("eth2"));
}

TEST_CASE("SIGHUP reloads")
{
    Running running;
    running.daemon->signal(SIGHUP);
    CHECK(running.daemon->notified("RELOADING=1"));
    CHECK(running.daemon->notified("READY=1"));
    CHECK(guards("eth1"));
}

TEST_CASE("a drop-in that comes or goes is loaded")
{
    Running running;
    const auto dropIn = running.scratch.write(
        "conf.d/50-more.json",
        R"({"rules":[{"id":"more","family":"ip","table":"filter","chain":"FORWARD","position":"tail",)"
        R"("match":{"out_interface":"eth9"},"verdict":"accept"}]})");
    const auto holdsMore = [] {
        return must("iptables -S FORWARD").find("fwd-guard:more") != std::string::npos;
    };
    CHECK(eventually(holdsMore));
    fs::remove(dropIn);
    CHECK(eventually([&] { return !holdsMore(); }));
    CHECK(guards("eth1"));
}

TEST_CASE(
    "a bad file is refused with file and pointer, and the configuration before stays in force")
{
    Running running;
    running.scratch.write("c.json", R"({"rules":[{"id":"r","famly":"ip"}]})");
    CHECK(running.daemon->logged("c.json: /rules/0/famly"));
    must("iptables -F FORWARD");
    CHECK(guards("eth1"));
    running.scratch.write("c.json", configuration("eth3"));
    CHECK(guards("eth3"));
}

TEST_CASE("a vanished file leaves the configuration in force")
{
    Running running;
    fs::remove(running.file);
    CHECK(running.daemon->logged("refused"));
    must("iptables -F FORWARD");
    CHECK(guards("eth1"));
}

TEST_CASE("Kubernetes' swap of the ..data link of a mounted ConfigMap is noticed")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD ACCEPT");
    scratch.write("config/..v1/fwd-guard.json", configuration("eth1"));
    scratch.write("config/..v2/fwd-guard.json", configuration("eth2"));
    const fs::path mounted = scratch.path() / "config";
    fs::create_symlink("..v1", mounted / "..data");
    fs::create_symlink("..data/fwd-guard.json", mounted / "fwd-guard.json");
    DaemonProcess daemon(scratch, {"--config", mounted / "fwd-guard.json"});
    REQUIRE(daemon.notified("READY=1"));
    REQUIRE(guards("eth1"));
    swapLink(mounted / "..data", "..v2");
    CHECK(guards("eth2"));
    swapLink(mounted / "..data", "..v1");
    CHECK(guards("eth1"));
}

TEST_CASE("the swap of a directory link above the file is noticed")
{
    const FreshNetns netns;
    const Scratch scratch;
    must("iptables -P FORWARD ACCEPT");
    scratch.write("v1/fwd-guard.json", configuration("eth1"));
    scratch.write("v2/fwd-guard.json", configuration("eth2"));
    fs::create_symlink("v1", scratch.path() / "current");
    DaemonProcess daemon(scratch, {"--config", scratch.path() / "current/fwd-guard.json"});
    REQUIRE(daemon.notified("READY=1"));
    REQUIRE(guards("eth1"));
    swapLink(scratch.path() / "current", "v2");
    CHECK(guards("eth2"));
}
