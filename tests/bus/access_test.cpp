// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/private_bus.hpp"
#include "support/catch.hpp"

#include <deque>
#include <string>
#include <vector>

using namespace fwdguard::busTest;

namespace {

struct OnBus {
    PrivateBus bus;
    Host host;

    explicit OnBus(Policy policy = Policy::asInstalled) : bus(policy)
    {
        bus.start();
        host.appear();
    }

    [[nodiscard]] Arguments method(const Arguments& nameAndArguments) const
    {
        Arguments call = {"call", "org.fwdguard1", "/org/fwdguard1", "org.fwdguard1.Manager"};
        call.insert(call.end(), nameAndArguments.begin(), nameAndArguments.end());
        return bus.busctl(call);
    }
};

/// By dbus-send, which shows error names and texts as they came.
Arguments send(const PrivateBus& bus, const Arguments& methodAndArguments)
{
    Arguments command = {
        "dbus-send",
        "--bus=" + bus.address(),
        "--print-reply",
        "--dest=org.fwdguard1",
        "/org/fwdguard1",
        "org.fwdguard1.Manager." + methodAndArguments.front()};
    command.insert(command.end(), methodAndArguments.begin() + 1, methodAndArguments.end());
    return command;
}

const std::vector<Arguments> changing = {
    {"Reload"}, {"Hold", "string:to-docker0", "uint64:60"}, {"Release", "string:to-docker0"}};

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a user without rights may read everything")
{
    needRoot();
    OnBus test;
    const std::vector<Arguments> reading = {
        test.method({"GetStatus"}),
        test.method({"Check"}),
        test.bus.busctl({"introspect", "org.fwdguard1", "/org/fwdguard1"}),
        test.bus.busctl(
            {"call",
             "org.fwdguard1",
             "/org/fwdguard1",
             "org.freedesktop.DBus.ObjectManager",
             "GetManagedObjects"}),
        test.bus.busctl(
            {"call", "org.fwdguard1", "/org/fwdguard1", "org.freedesktop.DBus.Peer", "Ping"}),
        test.bus.busctl(
            {"get-property",
             "org.fwdguard1",
             "/org/fwdguard1/rule/to_2ddocker0",
             "org.fwdguard1.Rule",
             "State"}),
    };
    for (const auto& command : reading) {
        const auto result = runAsNobody(command);
        INFO(command[4] << ": " << result.err);
        CHECK(result.status == 0);
    }
    CHECK(test.host.process.says("check"));
}

TEST_CASE("without polkit a user without rights is refused each method that changes something")
{
    needRoot();
    need({"dbus-send"});
    OnBus test{GENERATE(Policy::asInstalled, Policy::everything)};
    for (const auto& method : changing) {
        const auto result = runAsNobody(send(test.bus, method));
        INFO(method.front());
        CHECK(result.status != 0);
        CHECK(contains(
            result.err,
            "org.freedesktop.DBus.Error.AccessDenied: only root may change what fwd-guard does, "
            "and this comes from uid 65534"));
    }
    REQUIRE(test.host.turns());
    CHECK(test.host.process.output() == "connected\npong 1\n");
}

TEST_CASE("all who ask for a check are answered, and whatever cannot wait comes in between")
{
    OnBus test;
    test.host.process.tell("later");
    std::deque<Process> callers;
    for (int i = 1; i <= 3; ++i) {
        callers.emplace_back(test.method({"Check"}));
        REQUIRE(test.host.process.says("check"));
    }
    test.host.process.tell("urgent 2\nchecked");
    for (Process& caller : callers)
        CHECK(caller.wait() == 0);
}

TEST_CASE("what the bus policy does not name, it refuses")
{
    needRoot();
    OnBus test;
    const auto setting = runAsNobody(test.bus.busctl(
        {"set-property",
         "org.fwdguard1",
         "/org/fwdguard1",
         "org.fwdguard1.Manager",
         "State",
         "s",
         "held"}));
    CHECK(setting.status != 0);
    CHECK(contains(setting.err, "Access denied"));
}

TEST_CASE("the daemon's own user may change what it does")
{
    OnBus test;
    CHECK(run(test.method({"Hold", "st", "all", "0"})).status == 0);
    CHECK(test.host.process.says("hold all 0"));
    CHECK(run(test.method({"Release", "s", "to-docker0"})).status == 0);
    CHECK(test.host.process.says("release to-docker0"));
    CHECK(run(test.method({"Reload"})).status == 0);
    CHECK(test.host.process.says("reload"));
}

TEST_CASE("a rule that is not declared is refused with the names of those that are")
{
    need({"dbus-send"});
    OnBus test;
    const auto reply = run(
        {"dbus-send",
         "--bus=" + test.bus.address(),
         "--print-reply",
         "--dest=org.fwdguard1",
         "/org/fwdguard1",
         "org.fwdguard1.Manager.Release",
         "string:nosuch"});
    CHECK(contains(reply.err, "org.fwdguard1.Error.NoSuchRule"));
    CHECK(contains(reply.err, "\"nosuch\"; declared: to-docker0, from-docker0"));
}

TEST_CASE("arguments that make no sense are answered with an error, and the service goes on")
{
    OnBus test;
    const auto refused = [&](const Arguments& method) {
        const auto result = run(test.method(method));
        CHECK(result.status != 0);
        return result.err;
    };
    CHECK(contains(refused({"Hold"}), "Invalid arguments"));
    CHECK(contains(refused({"Hold", "s", "to-docker0"}), "Invalid arguments"));
    CHECK(contains(refused({"Hold", "tt", "1", "2"}), "Invalid arguments"));
    CHECK(contains(refused({"Release", "as", "1", "all"}), "Invalid arguments"));
    CHECK(contains(
        refused({"Hold", "st", "all", "18446744073709551615"}), "0 (until released) to 31622400"));
    CHECK(contains(refused({"Release", "s", "bad\x1b[2Jname"}), "\"bad?[2Jname\""));
    const auto oversized = refused({"Release", "s", std::string(100'000, 'x')});
    CHECK(contains(oversized, "xxx...\"; declared"));
    CHECK(oversized.size() < 300);
    CHECK(contains(refused({"NoSuchMethod"}), "Unknown method"));
    REQUIRE(test.host.turns());
    CHECK_FALSE(contains(test.host.process.output(), "hold"));
}

TEST_CASE("a command that fails is answered with its error, whatever was thrown")
{
    need({"dbus-send"});
    OnBus test;
    const auto errorOf = [&](const char* method) { return run(send(test.bus, {method})).err; };
    test.host.process.tell("fail config");
    CHECK(contains(errorOf("Reload"), "org.fwdguard1.Error.ConfigInvalid: fwd-guard.json: /rules"));
    test.host.process.tell("fail failed");
    CHECK(contains(errorOf("Reload"), "org.fwdguard1.Error.Failed: the kernel said no"));
    REQUIRE(test.host.turns());
    CHECK_FALSE(contains(test.host.process.output(), "half done"));
    test.host.process.tell("fail other");
    CHECK(contains(errorOf("Reload"), "org.fwdguard1.Error.Failed: something unforeseen"));
    CHECK(test.host.process.says("half done"));
    CHECK(contains(errorOf("Check"), "org.fwdguard1.Error.Failed: something unforeseen"));
    CHECK(test.host.process.says("half done"));
    CHECK(test.host.turns());
}
