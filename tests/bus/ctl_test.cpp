// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/private_bus.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <sstream>
#include <string>

using namespace fwdguard::busTest;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct OnBus {
    PrivateBus bus;
    Host host;

    OnBus()
    {
        bus.start();
        host.appear();
    }
};

} // namespace

TEST_CASE("fwd-guardctl status says 0 when all rules are in place and 1 when one is not")
{
    OnBus test;
    CHECK(ctl({"status"}).status == 0);
    test.host.process.tell("publish damaged");
    REQUIRE(test.host.turns());
    const auto damaged = ctl({"status"});
    CHECK(damaged.status == 1);
    CHECK(contains(damaged.out, "contested"));
    CHECK(contains(damaged.out, "iptables (pid 4242, child of dockerd"));
    CHECK(ctl({"status", "from-docker0"}).status == 0);
    CHECK(ctl({"status", "to-docker0"}).status == 1);
}

TEST_CASE("fwd-guardctl status fits 80 columns and has no colour when piped")
{
    OnBus test;
    test.host.process.tell("publish damaged");
    REQUIRE(test.host.turns());
    const auto out = ctl({"status"}).out;
    CHECK_FALSE(contains(out, "\x1b"));
    std::istringstream lines{out};
    std::size_t longest = 0;
    for (std::string line; std::getline(lines, line);)
        longest = std::max(longest, line.size());
    CHECK(longest <= 80);
    CHECK(longest > 60);
}

TEST_CASE("fwd-guardctl status --json is the daemon's status, whole or for one rule")
{
    OnBus test;
    const auto all = ctl({"status", "--json"});
    CHECK(all.status == 0);
    CHECK(contains(all.out, "\"id\": \"to-docker0\""));
    CHECK(contains(all.out, "\"generation\": 4711"));
    const auto one = ctl({"status", "--json", "from-docker0"});
    CHECK(contains(one.out, "from-docker0"));
    CHECK_FALSE(contains(one.out, "to-docker0"));
}

TEST_CASE("fwd-guardctl check has the daemon look, and says 0 or 1")
{
    OnBus test;
    CHECK(ctl({"check"}).status == 0);
    CHECK(test.host.process.says("check"));
    test.host.process.tell("not-in-place");
    test.host.process.tell("publish damaged");
    REQUIRE(test.host.turns());
    const auto result = ctl({"check"});
    CHECK(result.status == 1);
    CHECK(result.out == "not in place: to-docker0 (contested)\n");
}

TEST_CASE("fwd-guardctl hold, release and reload reach the daemon")
{
    OnBus test;
    CHECK(ctl({"hold", "to-docker0", "--for", "10m"}).status == 0);
    CHECK(test.host.process.says("hold to-docker0 600"));
    CHECK(ctl({"hold", "all"}).status == 0);
    CHECK(test.host.process.says("hold all 0"));
    CHECK(ctl({"release", "all"}).status == 0);
    CHECK(test.host.process.says("release all"));
    CHECK(ctl({"reload"}).status == 0);
    CHECK(test.host.process.says("reload"));
}

TEST_CASE("fwd-guardctl says 78 when the configuration is refused, with the daemon's words")
{
    OnBus test;
    test.host.process.tell("fail config");
    REQUIRE(test.host.turns());
    const auto result = ctl({"reload"});
    CHECK(result.status == 78);
    CHECK(contains(result.err, "fwd-guard.json: /rules: found 3"));
}

TEST_CASE("fwd-guardctl says 77 to a user who may not")
{
    needRoot();
    OnBus test;
    CHECK(runAsNobody({BUS_CTL, "status"}).status == 0);
    CHECK(runAsNobody({BUS_CTL, "check"}).status == 0);
    for (const Arguments& command :
         {Arguments{BUS_CTL, "reload"},
          Arguments{BUS_CTL, "hold", "all"},
          Arguments{BUS_CTL, "release", "all"}}) {
        const auto result = runAsNobody(command);
        CHECK(result.status == 77);
        CHECK(contains(result.err, "try again as root"));
    }
}

TEST_CASE("fwd-guardctl says 3 when the daemon or the bus is not there")
{
    PrivateBus bus;
    const auto noBus = ctl({"status"});
    CHECK(noBus.status == 3);
    CHECK(contains(noBus.err, "the system bus is not reachable"));
    bus.start();
    for (const auto* command : {"status", "check", "watch", "reload"}) {
        const auto result = ctl({command});
        INFO(command);
        CHECK(result.status == 3);
        CHECK(contains(result.err, "systemctl status fwd-guard"));
    }
}

TEST_CASE("fwd-guardctl says 3 when the bus does not answer")
{
    PrivateBus bus;
    bus.start();
    bus.freeze();
    const auto result = ctl({"status"});
    CHECK(result.status == 3);
    CHECK(contains(result.err, "no answer within 5 s"));
}

TEST_CASE("fwd-guardctl says 64 to what it does not understand, and to an unknown rule")
{
    OnBus test;
    CHECK(ctl({}).status == 64);
    for (const Arguments& words :
         {Arguments{"frobnicate"},
          Arguments{"--frobnicate"},
          Arguments{"status", "--frobnicate"}}) {
        const auto refused = ctl(words);
        CHECK(refused.status == 64);
        CHECK(contains(refused.err, words.back()));
    }
    CHECK(ctl({"hold"}).status == 64);
    CHECK(ctl({"hold", "all", "--for", "soon"}).status == 64);
    CHECK(ctl({"hold", "all", "--for", "0"}).status == 64);
    const auto unknown = ctl({"hold", "nosuch"});
    CHECK(unknown.status == 64);
    CHECK(contains(unknown.err, "declared: to-docker0, from-docker0"));
    CHECK(ctl({"status", "nosuch"}).status == 64);
}

TEST_CASE("fwd-guardctl has help everywhere and a version")
{
    CHECK(ctl({"--version"}).status == 0);
    CHECK(contains(ctl({"--help"}).out, "Exit status"));
    for (const auto* command : {"status", "check", "watch", "reload", "hold", "release"}) {
        const auto result = ctl({command, "--help"});
        CHECK(result.status == 0);
        CHECK(contains(result.out, "Usage"));
    }
}

TEST_CASE("fwd-guardctl watch prints each incident, through restarts, until it is interrupted")
{
    PrivateBus bus;
    bus.start();
    auto host = std::make_unique<Host>();
    host->appear();
    Process watch{{BUS_CTL, "watch"}};
    // It subscribes before it first talks to the daemon; wait for that talk to be over.
    for (int i = 0; i < 100 && !watch.says("to-docker0", std::chrono::milliseconds{50}); ++i)
        host->process.tell("repaired");
    CHECK(contains(watch.output(), "to-docker0: deleted from ip filter FORWARD"));
    host->process.tell("state");
    CHECK(watch.says("to-docker0: waiting, the table is gone"));
    host.reset();
    CHECK(watch.says("fwd-guard left the system bus"));
    host = std::make_unique<Host>();
    host->appear();
    CHECK(watch.says("fwd-guard is on the system bus"));
    host->process.tell("state");
    CHECK(watch.says("to-docker0: waiting, the table is gone"));
    bus.stop();
    CHECK(watch.says("the system bus is gone"));
    bus.start();
    CHECK(watch.says("the system bus is back"));
    watch.signal(SIGINT);
    CHECK(watch.wait() == 0);
}
