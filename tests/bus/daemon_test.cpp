// SPDX-License-Identifier: GPL-2.0-or-later
// The program as a whole on the real kernel and on a bus of its own.
#include "bus/private_bus.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

using namespace fwdguard::test;
using fwdguard::busTest::asNobody;
using fwdguard::busTest::ctl;
using fwdguard::busTest::need;
using fwdguard::busTest::PrivateBus;
using fwdguard::busTest::Process;

namespace {

const std::string shipped = FWDGUARD_SHIPPED_CONFIGURATION;

std::string forward()
{
    return must("iptables -S FORWARD");
}

/// A flow with `more` keys between two interfaces, which are made.
std::string flowFile(const Scratch& scratch, const std::string& more)
{
    must("ip link add flannel.1 type bridge && ip link add docker0 type bridge");
    return scratch.write(
        "flow.json",
        R"({"flows":[{"id":"pods","from":"flannel.1","to":"docker0")" + more +
            R"(}],"docker_config":")" + (scratch.path() / "daemon.json").string() + "\"}");
}

/// Docker 29's ruleset, without the lines that `without`, a sed script, deletes.
void replayDocker29(const std::string& without)
{
    must("sed '" + without + "' " FWDGUARD_FIXTURES "/docker29.nft | nft -f -");
}

std::string onManager(const std::string& verb, const std::string& name)
{
    return must(
        "busctl --system " + verb + " org.fwdguard1 /org/fwdguard1 org.fwdguard1.Manager " + name);
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

TEST_CASE("a flow that Docker drops is told on the bus with the lines to add, and when it passes")
{
    need({"dbus-monitor", "busctl"});
    OnBus test;
    test.start(flowFile(test.scratch, ""));
    Process monitor{
        {"dbus-monitor", "--address", test.bus.address(), "type='signal',member='StateChanged'"}};
    REQUIRE(monitor.says("NameAcquired"));
    replayDocker29("/accepted mark/d");
    CHECK(monitor.says("string \"\""));
    CHECK(monitor.says("string \"degraded\""));
    const std::string lines =
        R"(daemon.json "bridge-accept-fwmark": "0x1000/0x1000", and restart Docker)";
    CHECK(monitor.says(lines));
    CHECK(onManager("get-property", "State") == "s \"degraded\"\n");
    CHECK(onManager("call", "Check") == "b false\n");
    CHECK(ctl({"check"}).out.find("not in place: flow pods (degraded)") != std::string::npos);
    const auto status = nlohmann::json::parse(ctl({"status", "--json"}).out);
    CHECK(status.at("flows").at(0).at("state") == "degraded");
    const std::string detail = status.at("flows").at(0).at("detail");
    CHECK(detail.find(lines) != std::string::npos);

    must("nft delete table ip docker-bridges");
    replayDocker29("");
    CHECK(monitor.says("string \"guarding\""));
    CHECK(monitor.says("string \"flow pods: lacks nothing any more\""));
    CHECK(onManager("get-property", "State") == "s \"guarding\"\n");
    CHECK(onManager("call", "Check") == "b true\n");
}

TEST_CASE("a flow's raw rule that waits where nothing drops makes neither check nor status fail")
{
    need({"busctl"});
    OnBus test;
    test.start(flowFile(test.scratch, R"(,"destination":"10.244.0.0/16","direct_access":true)"));
    const auto check = ctl({"check"});
    CHECK(check.status == 0);
    CHECK(
        check.out == "in place: 2 of 3 rules, 1 of 1 flows; pods-raw-1 waits, its flow does not "
                     "need it now\n");
    CHECK(ctl({"status"}).status == 0);
    CHECK(onManager("call", "Check") == "b true\n");
    REQUIRE(ctl({"hold", "pods"}).status == 0);
    must("iptables -F FORWARD");
    CHECK(ctl({"check"}).status == 1);
    REQUIRE(ctl({"release", "pods"}).status == 0);
    CHECK(ctl({"check"}).status == 0);
}

TEST_CASE("in the middle of thousands of calls of a user without rights a repair is made")
{
    const OnBus test;
    const std::string guarded = forward();
    struct Calls {
        const char* method;
        const char* count;
    };
    // Of Check, few are answered at a time.
    const auto [method, count] =
        GENERATE(Calls{"Hold", "10000"}, Calls{"GetStatus", "10000"}, Calls{"Check", "1000"});
    INFO(method);
    // Fewer than make a contest, whose repairs wait.
    constexpr int most = 40;
    int repairs = 0;
    // On a busy machine the calls may be over before that.
    for (int floods = 0; repairs <= 3 && floods < 10; ++floods) {
        Process flood{asNobody({BUS_FLOOD, method, count, "64"})};
        while (flood.output().empty() && repairs < most) {
            must("iptables -F FORWARD");
            CHECK(eventually([&] { return forward() == guarded; }));
            ++repairs;
        }
        // All calls together get a quarter of a processor, which under sanitizers lasts.
        CHECK(flood.wait(std::chrono::minutes{3}) == 0);
    }
    CHECK(repairs > 3);
    CHECK(ctl({"check"}).status == 0);
}

TEST_CASE("all who ask for a check share one look, and not more than five are made in a second")
{
    const OnBus test;
    const auto begun = std::chrono::steady_clock::now();
    Process flood{asNobody({BUS_FLOOD, "Check", "320", "64"})}; // five times 64
    CHECK(flood.wait() == 0);
    CHECK(flood.output() == "done 320\n");
    CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(800));
}
