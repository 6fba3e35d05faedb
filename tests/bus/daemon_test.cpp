// SPDX-License-Identifier: GPL-2.0-or-later
// The program as a whole on the real kernel and on a bus of its own.
#include "bus/private_bus.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <optional>

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

TEST_CASE("in the middle of ten thousand calls of a user without rights a repair is made")
{
    const OnBus test;
    const std::string guarded = forward();
    Process flood{asNobody({BUS_FLOOD, "10000", "64"})};
    int repairs = 0;
    for (; flood.output().empty(); ++repairs) {
        must("iptables -F FORWARD");
        CHECK(eventually([&] { return forward() == guarded; }));
    }
    CHECK(repairs > 3);
    CHECK(flood.wait() == 0);
    CHECK(ctl({"check"}).status == 0);
}
