// SPDX-License-Identifier: GPL-2.0-or-later
// The program as a whole on the real kernel and on a bus of its own.
#include "bus/private_bus.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <csignal>
#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

using namespace fwdguard::test;
using fwdguard::busTest::asNobody;
using fwdguard::busTest::ctl;
using fwdguard::busTest::PrivateBus;
using fwdguard::busTest::Process;

namespace {

const std::string shipped = FWDGUARD_SHIPPED_CONFIGURATION;

std::string forward()
{
    return must("iptables -S FORWARD");
}

/// A daemon on the bus, in a network namespace of its own.
struct OnBus {
    FreshNetns netns;
    Scratch scratch;
    PrivateBus bus;
    std::optional<DaemonProcess> daemon;

    explicit OnBus(const std::string& configuration = shipped)
    {
        std::filesystem::create_directory(scratch.path() / "state");
        bus.start();
        must("iptables -P FORWARD DROP");
        start(configuration);
    }

    void start(const std::string& configuration = shipped)
    {
        daemon.reset();
        daemon.emplace(
            scratch,
            std::vector<std::string>{"--config", configuration},
            DaemonProcess::Environment{{"DBUS_SYSTEM_BUS_ADDRESS", bus.address()}});
        REQUIRE(daemon->notified("READY=1"));
        REQUIRE(eventually([] { return ctl({"check"}).status != 3; }));
    }
};

} // namespace

TEST_CASE("a hold outlives the daemon, and ends at its time")
{
    OnBus test;
    const std::string guarded = forward();
    REQUIRE(ctl({"hold", "to-docker0", "--for", "3s"}).status == 0);
    REQUIRE(ctl({"hold", "from-docker0"}).status == 0);
    test.start();
    CHECK(test.daemon->log().find("to-docker0: held") != std::string::npos);
    must("iptables -F FORWARD");
    CHECK(ctl({"check"}).status == 1);
    CHECK(forward() == "-P FORWARD DROP\n");
    CHECK(eventually([] { return forward().find("fwd-guard:to-docker0") != std::string::npos; }));
    CHECK(forward().find("fwd-guard:from-docker0") == std::string::npos);
    REQUIRE(ctl({"release", "all"}).status == 0);
    CHECK(forward() == guarded);
    test.start();
    must("iptables -F FORWARD");
    CHECK(eventually([&] { return forward() == guarded; }));
}

TEST_CASE("Reload loads the file, or refuses it whole and says why until a good one is there")
{
    OnBus test;
    const auto declare = [&test](const std::string& interface) {
        return test.scratch.write(
            "etc/c.json",
            R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD",)"
            R"("match":{"out_interface":")" +
                interface + R"("},"verdict":"accept"}]})");
    };
    const auto configError = [] {
        return must("busctl --system get-property org.fwdguard1 "
                    "/org/fwdguard1 org.fwdguard1.Manager ConfigError");
    };
    test.start(declare("eth1"));
    CHECK(configError() == "s \"\"\n");

    declare("a-name-that-is-too-long");
    const auto refused = ctl({"reload"});
    CHECK(refused.status == 78);
    CHECK(refused.err.find("c.json: /rules/0/match/out_interface: found ") != std::string::npos);
    CHECK(configError().find("c.json: /rules/0/match/out_interface: found ") != std::string::npos);
    CHECK(forward().find("-o eth1 ") != std::string::npos);

    declare("eth2");
    CHECK(ctl({"reload"}).status == 0);
    CHECK(configError() == "s \"\"\n");
    CHECK(forward().find("-o eth2 ") != std::string::npos);
    CHECK(forward().find("-o eth1 ") == std::string::npos);
}

TEST_CASE("who damaged a rule is told with command line, binary and parent")
{
    const OnBus test;
    // It is still there when it is looked up, which a command that ends need not be.
    must("{ echo 'flush chain ip filter FORWARD'; sleep 0.3; } | nft -i");
    REQUIRE(test.daemon->logged(", child of sh"));
    CHECK(test.daemon->log().find("from ip filter FORWARD by nft (pid ") != std::string::npos);
    const auto status = nlohmann::json::parse(ctl({"status", "--json"}).out);
    const auto& cause = status.at("rules").at(0).at("last_incident").at("cause");
    CHECK(cause.at("comm") == "nft");
    CHECK(cause.at("cmdline") == "nft -i");
    CHECK(cause.at("parent").at("comm") == "sh");
    CHECK(cause.at("exe") == must("readlink -f $(command -v nft) | tr -d '\\n'"));
}

TEST_CASE("what is only observed is told, shown, and left as it is, to the end")
{
    OnBus test;
    const std::string guarded = forward();
    const auto file = test.scratch.write(
        "c.json",
        R"({"mode":"observe","on_stop":"remove","rules":[{"id":"to-docker0","family":"ip",)"
        R"("table":"filter","chain":"FORWARD","match":{"out_interface":"docker0"},)"
        R"("verdict":"accept"}]})");
    test.start(file);
    CHECK(forward() == guarded);
    CHECK(test.daemon->logged("the mode is \"observe\""));
    must("iptables -F FORWARD");
    const auto check = ctl({"check"});
    CHECK(check.status == 1);
    CHECK(check.out == "not in place: to-docker0 (held); only observed, nothing is repaired\n");
    CHECK(ctl({"status"}).out.find(": held, only observing") != std::string::npos);
    CHECK(forward() == "-P FORWARD DROP\n");
    must("iptables -A FORWARD -j DROP");
    test.daemon->signal(SIGTERM);
    CHECK(test.daemon->exitStatus() == 0);
    CHECK(forward() == "-P FORWARD DROP\n-A FORWARD -j DROP\n");
}

TEST_CASE("holds that every user may have written are refused, and everything is guarded")
{
    OnBus test;
    const std::string guarded = forward();
    REQUIRE(ctl({"hold", "all"}).status == 0);
    std::filesystem::permissions(
        test.scratch.path() / "state",
        std::filesystem::perms::others_write,
        std::filesystem::perm_options::add);
    test.start();
    CHECK(test.daemon->logged("nothing is held any more: "));
    CHECK(test.daemon->logged("found a directory that every user may write"));
    must("iptables -F FORWARD");
    CHECK(eventually([&] { return forward() == guarded; }));
}

TEST_CASE("in the middle of ten thousand calls of a user without rights a repair is made")
{
    const OnBus test;
    const std::string guarded = forward();
    Process flood{asNobody({BUS_FLOOD, "10000", "64"})};
    // Fewer than make a contest, whose repairs wait.
    constexpr int most = 40;
    int repairs = 0;
    while (flood.output().empty() && repairs < most) {
        must("iptables -F FORWARD");
        CHECK(eventually([&] { return forward() == guarded; }));
        ++repairs;
    }
    CHECK(repairs > 3);
    CHECK(flood.wait() == 0);
    CHECK(ctl({"check"}).status == 0);
}
