// SPDX-License-Identifier: GPL-2.0-or-later
// A flow is expanded some time after the host has changed, and then the host may change again.
#include "bench/sockets.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <chrono>
#include <csignal>
#include <string>

using namespace fwdguard::test;
using namespace std::chrono_literals;

namespace {

std::string flow(const Scratch& scratch)
{
    return R"({"flows":[{"id":"f","from":"eth7","to":"docker0"}],"docker_config":")" +
           scratch.write("daemon.json", R"({"bridge-accept-fwmark":"0x1000/0x1000"})").string() +
           "\"}";
}

/// What there is of Docker 29's nftables backend as long as it has no bridge.
void letDockerCome()
{
    must("nft 'add table ip docker-bridges; add chain ip docker-bridges filter-FORWARD'");
}

bool marked()
{
    return run("nft list chain ip fwd-guard mark-forward").text.find("docker0") !=
           std::string::npos;
}

} // namespace

// It was taken in with the rules of the flow that was expanded, and nobody looked at flows any
// more.
TEST_CASE("Docker's table that comes back while a flow is expanded without it is noticed")
{
    const FreshNetns netns;
    const Scratch scratch;
    letDockerCome();
    const DaemonProcess daemon(scratch, {"--config", scratch.write("c.json", flow(scratch))});
    REQUIRE(eventually(marked));
    for (int times = 0; times < 30; ++times) {
        fwdguard::bench::Listener listener;
        must("nft delete table ip docker-bridges");
        REQUIRE(listener.next(10s)); // that one
        REQUIRE(listener.next(10s)); // the daemon's, of its marks
        daemon.signal(SIGSTOP);
        letDockerCome();
        daemon.signal(SIGCONT);
        REQUIRE(eventually(marked));
    }
}
