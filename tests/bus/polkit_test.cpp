// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/private_bus.hpp"
#include "support/catch.hpp"

#include <optional>
#include <sstream>
#include <string>
#include <vector>

using namespace fwdguard::busTest;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct WithPolkit {
    PrivateBus bus;
    Host host;
    std::optional<Polkit> polkit;

    WithPolkit()
    {
        needRoot();
        need({"dbus-send", "setpriv"});
        bus.start();
        polkit.emplace();
        host.appear();
    }

    /// Without the flag that lets polkit ask for a password.
    [[nodiscard]] Finished byNobody(const Arguments& method) const
    {
        return runAsNobody(command(method));
    }

    [[nodiscard]] Arguments command(const Arguments& method) const
    {
        Arguments send = {
            "dbus-send",
            "--bus=" + bus.address(),
            "--print-reply",
            "--dest=org.fwdguard1",
            "/org/fwdguard1",
            "org.fwdguard1.Manager." + method.front()};
        send.insert(send.end(), method.begin() + 1, method.end());
        return send;
    }
};

const std::vector<Arguments> changing = {
    {"Reload"}, {"Hold", "string:to-docker0", "uint64:60"}, {"Release", "string:to-docker0"}};

Arguments flood(const std::string& calls, const std::string& underWay)
{
    return {BUS_FLOOD, "Hold", calls, underWay};
}

} // namespace

TEST_CASE("whom polkit lets, may do what root may")
{
    WithPolkit test;
    test.polkit->answers("yes");
    for (const auto& method : changing)
        CHECK(test.byNobody(method).status == 0);
    CHECK(test.host.process.says("reload"));
    CHECK(test.host.process.says("hold to-docker0 60"));
    CHECK(test.host.process.says("release to-docker0"));
    CHECK(test.polkit->process.says("asked org.fwdguard1.manage system-bus-name name=:"));
}

TEST_CASE("whom polkit does not let is refused each method that changes something")
{
    WithPolkit test;
    const auto [answer, text] = GENERATE(table<std::string, std::string>({
        {"no", "AccessDenied: polkit does not let uid 65534 do org.fwdguard1.manage\n"},
        {"password", "org.fwdguard1.manage without an administrator's password\n"},
        {"error",
         "AccessDenied: only root may change what fwd-guard does, and this comes from uid 65534; "
         "polkit could not be asked: out of order"},
        {"nonsense", "polkit could not be asked: its answer makes no sense"},
    }));
    test.polkit->answers(answer);
    for (const auto& method : changing) {
        const auto result = test.byNobody(method);
        INFO(method.front() << " " << answer);
        CHECK(result.status != 0);
        CHECK(contains(result.err, "org.freedesktop.DBus.Error.AccessDenied"));
        CHECK(contains(result.err, text));
    }
    REQUIRE(test.host.turns());
    CHECK(test.host.process.output() == "connected\npong 1\n");
}

TEST_CASE("polkit is not asked about root, and only a caller that says so is asked for a password")
{
    WithPolkit test;
    CHECK(run(test.command({"Reload"})).status == 0);
    CHECK(test.host.process.says("reload"));
    CHECK(test.byNobody({"Reload"}).status != 0);
    const auto willing = runAsNobody({BUS_CTL, "reload"});
    CHECK(willing.status == 77);
    CHECK(test.polkit->process.says(" 0"));
    CHECK(test.polkit->process.says(" 1"));
    const auto asked = test.polkit->process.output();
    CHECK(
        asked.find("asked", asked.find("asked", asked.find("asked") + 1) + 1) == std::string::npos);
}

TEST_CASE(
    "while polkit says nothing everybody else is served, and whoever goes on asking is denied")
{
    WithPolkit test;
    test.polkit->answers("nothing");
    Process patient{asNobody(flood("20", "20"))};
    REQUIRE(test.polkit->process.says("asked"));
    CHECK(test.host.turns());
    CHECK(
        runAsNobody(
            test.bus.busctl(
                {"call", "org.fwdguard1", "/org/fwdguard1", "org.fwdguard1.Manager", "GetStatus"}))
            .status == 0);
    CHECK(run(test.command({"Hold", "string:all", "uint64:5"})).status == 0);
    CHECK(test.host.process.says("hold all 5"));
    CHECK(contains(test.byNobody({"Reload"}).err, "Error.LimitsExceeded: too many calls at once"));
    test.polkit.reset();
    CHECK(patient.wait() == 0);
    CHECK(patient.says("org.freedesktop.DBus.Error.AccessDenied 8"));
    CHECK(patient.says("org.freedesktop.DBus.Error.LimitsExceeded 12"));
    CHECK_FALSE(contains(test.host.process.output(), "hold all 60"));
}

TEST_CASE("a flood of calls is answered, each of them, and does not stop the loop")
{
    WithPolkit test;
    const bool polkit = GENERATE(true, false);
    if (!polkit)
        test.polkit.reset();
    Process flooding{asNobody(flood("10000", "64"))};
    CHECK(test.host.turns());
    CHECK(flooding.wait() == 0);
    CHECK(test.host.turns());
    std::size_t answered = 0;
    CHECK_FALSE(contains(flooding.output(), "done"));
    std::istringstream lines{flooding.output()};
    for (std::string name, count; lines >> name >> count;)
        answered += std::stoul(count);
    CHECK(answered == 10'000);
    CHECK_FALSE(contains(test.host.process.output(), "hold"));
}
