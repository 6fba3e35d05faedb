// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/private_bus.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <string>
#include <thread>

using namespace fwdguard::busTest;
using namespace std::chrono_literals;

namespace {

std::string stateOnBus(const PrivateBus& bus, const char* name = "State")
{
    return run(bus.busctl(
                   {"get-property",
                    "org.fwdguard1",
                    "/org/fwdguard1",
                    "org.fwdguard1.Manager",
                    name}))
        .out;
}

std::size_t count(const std::string& text, const std::string& part)
{
    std::size_t hits = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++hits;
    return hits;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long allowedGrowth = 1'000'000; // freed memory is kept in quarantine: not measurable
#else
constexpr long allowedGrowth = 2048; // of some 100 MB that 40,000 signals would take
#endif

/// Kilobytes of memory that a process has in use.
long residentSize(pid_t pid)
{
    std::ifstream statm{"/proc/" + std::to_string(pid) + "/statm"};
    long total = 0;
    long resident = 0;
    statm >> total >> resident;
    return resident * 4;
}

} // namespace

TEST_CASE("without a bus the service says so once, goes on, and appears when the bus comes")
{
    PrivateBus bus;
    Host host;
    host.process.tell("publish calm");
    REQUIRE(host.process.says("disconnected: cannot connect to the system bus"));
    std::this_thread::sleep_for(1500ms); // at least one more attempt
    host.process.tell("publish damaged");
    host.process.tell("repaired");
    CHECK(host.turns());
    bus.start();
    REQUIRE(host.process.says("connected"));
    CHECK(stateOnBus(bus) == "s \"guarding\"\n");
    CHECK(count(host.process.output(), "disconnected") == 1);
}

TEST_CASE("after a restart of the bus the name and the objects are back, told once each way")
{
    PrivateBus bus;
    bus.start();
    Host host;
    host.appear();
    for (int round = 0; round < 2; ++round) {
        bus.stop();
        REQUIRE(host.process.says("disconnected: the system bus closed the connection"));
        host.process.tell("publish damaged");
        REQUIRE(host.turns());
        bus.start();
        REQUIRE(host.process.says("connected"));
        CHECK(stateOnBus(bus, "Repairs") == "t 1\n");
    }
    CHECK(count(host.process.output(), "disconnected") == 2);
    CHECK(count(host.process.output(), "\nconnected") == 2);
}

TEST_CASE("a bus that stops reading neither blocks the loop nor fills the memory")
{
    PrivateBus bus;
    bus.start();
    Host host;
    host.appear();
    bus.freeze();
    const auto before = residentSize(host.process.pid());
    host.process.tell("flood 20000");
    REQUIRE(host.process.says("flooded"));
    CHECK(host.turns());
    CHECK(residentSize(host.process.pid()) - before < allowedGrowth);
    bus.thaw();
    // What could not be announced then is announced later, and what is read is the latest.
    std::this_thread::sleep_for(1500ms);
    CHECK(stateOnBus(bus, "Repairs") == "t 20000\n");
    CHECK(host.turns());
}

TEST_CASE("what was left unsaid while the bus did not read is announced once it does")
{
    need({"dbus-monitor"});
    PrivateBus bus;
    bus.start();
    Host host;
    host.appear();
    Process monitor{
        {"dbus-monitor", "--address", bus.address(), "type='signal',member='PropertiesChanged'"}};
    REQUIRE(monitor.says("NameAcquired"));
    bus.freeze();
    host.process.tell("flood 20000");
    REQUIRE(host.process.says("flooded"));
    bus.thaw();
    CHECK(monitor.says("uint64 20000"));
}

TEST_CASE("a service that ends while the bus does not read ends at once")
{
    PrivateBus bus;
    bus.start();
    Host host;
    host.appear();
    bus.freeze();
    host.process.tell("flood 20000");
    REQUIRE(host.process.says("flooded"));
    host.process.tell("quit");
    CHECK(host.process.says("ended", 1s));
    CHECK(host.process.wait() == 0);
}

TEST_CASE("a bus that accepts and does not answer blocks nothing, and is used when it answers")
{
    PrivateBus bus;
    bus.start();
    bus.freeze();
    Host host;
    host.process.tell("publish calm");
    for (int i = 0; i < 10; ++i) {
        CHECK(host.turns());
        std::this_thread::sleep_for(50ms);
    }
    CHECK(host.process.output().find("connected") == std::string::npos);
    bus.thaw();
    CHECK(host.process.says("connected"));
}

TEST_CASE("a name that is taken is said so, and taken over when it is let go")
{
    PrivateBus bus;
    bus.start();
    Host first;
    first.appear();
    Host second;
    second.process.tell("publish damaged");
    REQUIRE(second.process.says("disconnected: the bus name org.fwdguard1 belongs to another"));
    CHECK(stateOnBus(bus, "Repairs") == "t 0\n");
    first.process.tell("quit");
    REQUIRE(second.process.says("connected"));
    CHECK(stateOnBus(bus, "Repairs") == "t 1\n");
}

TEST_CASE("a name that the bus policy refuses is said so, with the bus daemon's words")
{
    needRoot();
    PrivateBus bus;
    bus.start();
    Process host{{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BUS_HOST}};
    host.tell("publish calm");
    CHECK(host.says("disconnected: the bus name org.fwdguard1 is refused: Connection"));
}
