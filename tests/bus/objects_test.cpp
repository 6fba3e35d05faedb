// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/private_bus.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

using namespace fwdguard::busTest;

namespace {

constexpr const char* manager = "/org/fwdguard1";
constexpr const char* toDocker = "/org/fwdguard1/rule/to_2ddocker0";

/// Lines like "org.fwdguard1.Manager method Hold arg rule s in", one for each thing declared in the
/// interfaces that start with org.fwdguard1. Attribute order, comments and layout do not matter.
std::multiset<std::string> declarations(const std::string& xml)
{
    static const std::regex tag{R"(<!--[\s\S]*?-->|<(/?)(\w+)([^>]*?)(/?)>)"};
    static const std::regex attribute{R"re((\w+)="([^"]*)")re"};
    std::multiset<std::string> found;
    std::string interface;
    std::string member;
    for (std::sregex_iterator it{xml.begin(), xml.end(), tag}, end; it != end; ++it) {
        const auto name = (*it)[2].str();
        if (name.empty())
            continue; // a comment
        const auto attributes = (*it)[3].str();
        std::set<std::string> values;
        std::string called;
        for (std::sregex_iterator a{attributes.begin(), attributes.end(), attribute}; a != end;
             ++a) {
            values.insert((*a)[1].str() + '=' + (*a)[2].str());
            if ((*a)[1] == "name")
                called = (*a)[2];
        }
        if (name == "interface")
            interface = (*it)[1].length() == 0 ? called : "";
        // How the adaptor is generated, not what callers see.
        if (called == "org.freedesktop.DBus.Method.Async")
            continue;
        if (interface.rfind("org.fwdguard1", 0) != 0 || (*it)[1].length() != 0)
            continue;
        if (name != "arg" && name != "annotation")
            member = called;
        std::string line = interface + ' ' + member + ' ' + name;
        for (const auto& value : values)
            line += ' ' + value;
        found.insert(line);
    }
    return found;
}

std::string contents(const std::string& path)
{
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

struct OnBus {
    PrivateBus bus;
    Host host;

    OnBus()
    {
        bus.start();
        host.appear();
    }

    std::string property(const std::string& path, const char* interface, const char* name)
    {
        const auto result =
            run(bus.busctl({"get-property", "org.fwdguard1", path, interface, name}));
        INFO(result.err);
        CHECK(result.status == 0);
        return result.out;
    }
    std::string ofManager(const char* name)
    {
        return property(manager, "org.fwdguard1.Manager", name);
    }
    std::string ofRule(const char* name) { return property(toDocker, "org.fwdguard1.Rule", name); }
};

/// dbus-monitor on all that fwd-guard sends.
struct Monitor {
    Process process;

    explicit Monitor(const PrivateBus& bus)
        : process({"dbus-monitor", "--address", bus.address(), "type='signal'"})
    {
        REQUIRE(process.says("NameAcquired"));
    }
};

} // namespace

TEST_CASE("what the bus introspects is what the interface file declares, no more and no less")
{
    OnBus test;
    std::string introspected;
    for (const auto* path : {manager, toDocker}) {
        const auto result =
            run(test.bus.busctl({"--xml-interface", "introspect", "org.fwdguard1", path}));
        REQUIRE(result.status == 0);
        introspected += result.out;
    }
    const auto declared = declarations(contents(BUS_XML));
    CHECK(declared.size() > 40);
    CHECK(declarations(introspected) == declared);
}

TEST_CASE("the manager's properties say what was published")
{
    OnBus test;
    CHECK(test.ofManager("Version") == "s \"9.8.7\"\n");
    CHECK(test.ofManager("State") == "s \"guarding\"\n");
    CHECK(test.ofManager("Generation") == "u 4711\n");
    CHECK(test.ofManager("ConfigError") == "s \"\"\n");
    const auto status = run(
        test.bus.busctl({"call", "org.fwdguard1", manager, "org.fwdguard1.Manager", "GetStatus"}));
    CHECK(status.out.find("\\\"generation\\\":4711") != std::string::npos);
}

TEST_CASE("a rule's properties say what was published, and its last incident as JSON")
{
    OnBus test;
    CHECK(test.ofRule("Id") == "s \"to-docker0\"\n");
    CHECK(test.ofRule("Position") == "s \"head\"\n");
    CHECK(test.ofRule("Handle") == "t 70\n");
    CHECK(test.ofRule("Index") == "i 0\n");
    CHECK(test.ofRule("Packets") == "t 10\n");
    CHECK(test.ofRule("LastIncident") == "s \"null\"\n");
    test.host.process.tell("publish damaged");
    REQUIRE(test.host.turns());
    CHECK(test.ofRule("State") == "s \"contested\"\n");
    CHECK(test.ofRule("Detail") == "s \"iptables keeps undoing repairs\"\n");
    CHECK(test.ofRule("LastIncident").find("\\\"exposure_us\\\":41") != std::string::npos);
}

TEST_CASE("PropertiesChanged names what changed and nothing else")
{
    need({"dbus-monitor"});
    OnBus test;
    Monitor monitor{test.bus};
    test.host.process.tell("publish damaged");
    test.host.process.tell("publish damaged");
    test.host.process.tell("state");
    REQUIRE(monitor.process.says("member=StateChanged"));
    const auto heard = monitor.process.output();
    const auto count = [&](const std::string& text) {
        std::size_t hits = 0;
        for (auto at = heard.find(text); at != std::string::npos; at = heard.find(text, at + 1))
            ++hits;
        return hits;
    };
    CHECK(count("member=PropertiesChanged") == 2); // the manager's and to-docker0's, once each
    CHECK(count("string \"Repairs\"") == 2);
    CHECK(count("string \"State\"") == 1);
    CHECK(count("string \"LastIncident\"") == 1);
    CHECK(count("string \"ConfigError\"") == 1);
    CHECK(count("string \"Bytes\"") == 1);
    CHECK(count("string \"Generation\"") == 0);
    CHECK(count("string \"Index\"") == 0);
    CHECK(count("from_2ddocker0") == 0);
}

TEST_CASE("what changed is announced rule by rule, and whatever cannot wait comes in between")
{
    need({"dbus-monitor"});
    OnBus test;
    Monitor monitor{test.bus};
    const bool urgent = GENERATE(false, true);
    // In one go: the loop does not turn before the second line is obeyed.
    test.host.process.tell((urgent ? "urgent 1\n" : "") + std::string("publish moved\nstate"));
    REQUIRE(test.host.turns());
    test.host.process.tell("repaired");
    REQUIRE(monitor.process.says("member=Repaired"));
    const auto heard = monitor.process.output();
    const auto first = std::min(heard.find("from_2ddocker0"), heard.find("/to_2ddocker0"));
    const auto second = std::max(heard.find("from_2ddocker0"), heard.find("/to_2ddocker0"));
    const auto between = heard.find("member=StateChanged");
    CHECK(first < between);
    CHECK((between < second) == urgent);
}

TEST_CASE("rules that come and go are announced and listed by the object manager")
{
    need({"dbus-monitor"});
    OnBus test;
    Monitor monitor{test.bus};
    const auto managed = [&] {
        return run(test.bus.busctl(
                       {"call",
                        "org.fwdguard1",
                        manager,
                        "org.freedesktop.DBus.ObjectManager",
                        "GetManagedObjects"}))
            .out;
    };
    CHECK(managed().rfind("a{oa{sa{sv}}} 2 ", 0) == 0);
    test.host.process.tell("publish fewer");
    REQUIRE(monitor.process.says("member=InterfacesRemoved"));
    REQUIRE(monitor.process.says("/org/fwdguard1/rule/from_2ddocker0"));
    CHECK(managed().rfind("a{oa{sa{sv}}} 1 ", 0) == 0);
    test.host.process.tell("publish calm");
    REQUIRE(monitor.process.says("member=InterfacesAdded"));
    REQUIRE(monitor.process.says("/org/fwdguard1/rule/from_2ddocker0"));
    CHECK(managed().rfind("a{oa{sa{sv}}} 2 ", 0) == 0);
}

TEST_CASE(
    "an id in several families has one object in each, and a policy has none of a rule's places")
{
    OnBus test;
    test.host.process.tell("publish families");
    REQUIRE(test.host.turns());
    const auto tree = run(test.bus.busctl({"--list", "tree", "org.fwdguard1"})).out;
    CHECK(tree.find("/org/fwdguard1/rule/any_2eone/ip\n") != std::string::npos);
    CHECK(tree.find("/org/fwdguard1/rule/any_2eone/ip6\n") != std::string::npos);
    CHECK(tree.find("docker0") == std::string::npos);
    const std::string policy = "/org/fwdguard1/rule/policy_2dip_2dfilter_2dFORWARD";
    CHECK(test.property(policy, "org.fwdguard1.Rule", "Position") == "s \"\"\n");
    CHECK(test.property(policy, "org.fwdguard1.Rule", "Index") == "i -1\n");
}

TEST_CASE("Repaired carries the incident and its words")
{
    need({"dbus-monitor"});
    OnBus test;
    Monitor monitor{test.bus};
    test.host.process.tell("repaired");
    REQUIRE(monitor.process.says("member=Repaired"));
    for (const auto* argument :
         {"string \"to-docker0\"",
          "string \"ip\"",
          "string \"deleted\"",
          "uint64 41",
          "string \"to-docker0: deleted from ip filter FORWARD\""})
        CHECK(monitor.process.says(argument));
}

TEST_CASE("words that are not UTF-8 reach the bus as question marks and do not end the connection")
{
    need({"dbus-monitor"});
    OnBus test;
    Monitor monitor{test.bus};
    test.host.process.tell("garbage");
    REQUIRE(monitor.process.says("string \"by ??? and ? nul\""));
    CHECK(test.host.turns());
    CHECK(test.ofManager("State") == "s \"guarding\"\n");
}
