// SPDX-License-Identifier: GPL-2.0-or-later
// Processes that undo each repair, at the same time, each in a network namespace of its own with
// its own fwd-guard as shipped.
#include "netns/daemon/daemon_process.hpp"
#include "netns/fire/batches.hpp"
#include "netns/fire/opponent.hpp"
#include "netns/fire/proc.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace fwdguard::fire;
using namespace fwdguard::test;
using namespace std::chrono_literals;

namespace {

const std::string shipped = FWDGUARD_SHIPPED_CONFIGURATION;
constexpr auto war = 10s;
constexpr auto window = 10s; // of the shipped configuration: the default

struct Scene {
    std::string name;
    std::string blamed; ///< in the warning
    std::unique_ptr<Scratch> scratch;
    std::unique_ptr<DaemonProcess> daemon;
    std::unique_ptr<Opponent> opponent;

    std::string inside(const std::string& command) const
    {
        return must("nsenter --net=/proc/" + std::to_string(daemon->pid()) + "/ns/net " + command);
    }

    [[nodiscard]] std::string forward() const { return inside("iptables -S FORWARD"); }
};

Scene scene(
    const std::string& name,
    const std::string& blamed,
    const std::string& comm,
    const std::function<void(Deeds&)>& act)
{
    const FreshNetns netns;
    Scene scene{
        .name = name,
        .blamed = blamed,
        .scratch = std::make_unique<Scratch>(),
        .daemon = nullptr,
        .opponent = nullptr};
    must("iptables -P FORWARD DROP");
    must("iptables -N cali-FORWARD && iptables -A FORWARD -j cali-FORWARD");
    scene.daemon = std::make_unique<DaemonProcess>(
        *scene.scratch, std::vector<std::string>{"--config", shipped});
    REQUIRE(scene.daemon->notified("READY=1"));
    scene.opponent = std::make_unique<Opponent>(comm, act);
    return scene;
}

std::vector<std::string> linesWith(const std::string& text, const std::string& part)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (line.find(part) != std::string::npos)
            lines.push_back(line);
    return lines;
}

bool inPlace(const std::string& forward)
{
    for (const char* const id : {"fwd-guard:to-docker0\"", "fwd-guard:from-docker0\""})
        if (linesWith(forward, id).size() != 1)
            return false;
    return true;
}

double percentOf(std::chrono::nanoseconds spent, Clock::duration of)
{
    return 100.0 * std::chrono::duration<double>(spent) / std::chrono::duration<double>(of);
}

void checkCpu(const std::string& who, std::chrono::nanoseconds spent, Clock::duration of)
{
    const double percent = percentOf(spent, of);
    std::cout << who << ": " << percent << " % of one CPU" << std::endl;
    CHECK(percent <= 5.0);
}

void checkOpponent(const Scene& scene)
{
    const Deeds& deeds = scene.opponent->deeds();
    std::cout << scene.name << ": " << deeds.done << " commands, the longest "
              << deeds.longest / 1000 << " ms" << std::endl;
    CHECK(deeds.done >= 10);
    CHECK(deeds.failed == 0);
    CHECK(deeds.longest < std::chrono::microseconds(5s).count());
}

void checkWarnings(const Scene& scene)
{
    const std::string log = scene.daemon->log();
    for (const std::string rule : {"to-docker0", "from-docker0"}) {
        const auto warnings = linesWith(log, "warning: " + rule + ": contested");
        CHECK(warnings.size() == 1);
        if (warnings.empty())
            continue;
        std::cout << warnings.front() << std::endl;
        CHECK(warnings.front().find("again and again by " + scene.blamed) != std::string::npos);
    }
}

/// Three times, for a rule that is still contested is repaired at once after a rest, and then not.
void checkImmediate(const Scene& scene)
{
    for (int i = 0; i < 3; ++i) {
        scene.inside("iptables -F FORWARD");
        const auto flushed = Clock::now();
        CHECK(eventually([&] { return inPlace(scene.forward()); }));
        CHECK(Clock::now() - flushed < 1s);
    }
    CHECK(linesWith(scene.daemon->log(), "to-docker0: no longer contested").size() == 1);
}

} // namespace

TEST_CASE("no opponent costs more than 5 % of a CPU, each is named once and left in peace, and a "
          "window later repairs are immediate")
{
    const Scratch files;
    const std::string saved = files.write(
        "saved", "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -i eth9 -j ACCEPT\nCOMMIT\n");
    std::deque<Scene> scenes;
    scenes.push_back(scene("deletes on every event", "deleter", "deleter", deleteOnEveryEvent));
    scenes.push_back(scene("always first", "first", "first", alwaysBeFirst));
    scenes.push_back(scene("Felix", "iptables-restor", "felix", insertLikeFelix));
    scenes.push_back(scene("iptables-restore", "iptables-restor", "restorer", [&](Deeds& deeds) {
        restoreAgainAndAgain(deeds, saved);
    }));
    std::vector<std::chrono::nanoseconds> before;
    for (const Scene& scene : scenes)
        before.push_back(cpuOf(scene.daemon->pid()));
    const auto begin = Clock::now();
    std::this_thread::sleep_for(war);
    for (std::size_t i = 0; i < scenes.size(); ++i)
        checkCpu(scenes[i].name, cpuOf(scenes[i].daemon->pid()) - before[i], Clock::now() - begin);

    for (const Scene& scene : scenes) {
        INFO(scene.name);
        CHECK(scene.opponent->makePeace());
        checkOpponent(scene);
        checkWarnings(scene);
    }
    std::this_thread::sleep_for(window + 1s);
    for (const Scene& scene : scenes) {
        INFO(scene.name);
        checkImmediate(scene);
    }
}

TEST_CASE("two fwd-guards of different rules in one namespace: each says so, and all rules stand")
{
    const FreshNetns netns;
    must("iptables -P FORWARD DROP");
    struct Guard {
        std::string rule;
        std::string others;
        Scratch scratch{};
        std::unique_ptr<DaemonProcess> daemon{};
    };
    std::array<Guard, 2> guards{{{.rule = "a", .others = "b"}, {.rule = "b", .others = "a"}}};
    for (Guard& guard : guards) {
        const auto file = guard.scratch.write(
            "c.json",
            R"({"rules":[{"id":")" + guard.rule +
                R"(","family":"ip","table":"filter","chain":"FORWARD",)"
                R"("match":{"out_interface":"eth7"},"verdict":"accept"}]})");
        guard.daemon = std::make_unique<DaemonProcess>(
            guard.scratch, std::vector<std::string>{"--config", file});
        REQUIRE(guard.daemon->notified("READY=1"));
    }
    for (const Guard& guard : guards)
        CHECK(guard.daemon->logged(
            "warning: " + guard.others + ": not declared, but put back into ip filter FORWARD"));
    const auto bothStand = [] {
        const std::string rules = must("iptables -S FORWARD");
        return linesWith(rules, "fwd-guard:a\"").size() == 1 &&
               linesWith(rules, "fwd-guard:b\"").size() == 1;
    };
    CHECK(eventually(bothStand));
    for (int i = 0; i < 10; ++i) {
        must("iptables -F FORWARD");
        CHECK(eventually(bothStand));
    }
    for (const Guard& guard : guards) {
        checkCpu("one of two", cpuOf(guard.daemon->pid()), war);
        CHECK(linesWith(guard.daemon->log(), "not declared, but").size() == 1);
    }
}
