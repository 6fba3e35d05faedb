// SPDX-License-Identifier: GPL-2.0-or-later
// The program as a whole on the real audit stream: outside, where the stream comes, with --netns.
#include "audit_setting.hpp"
#include "netns/daemon/daemon_process.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <unistd.h>

using namespace fwdguard;
using namespace fwdguard::legacy;

namespace {

/// A network namespace that has a name, while this lives; the test itself stays outside.
class NamedNetns {
  public:
    NamedNetns() { sh("ip netns add " + name_); }
    NamedNetns(const NamedNetns&) = delete;
    NamedNetns& operator=(const NamedNetns&) = delete;
    ~NamedNetns() { static_cast<void>(run("ip netns delete " + name_)); }

    [[nodiscard]] std::string path() const { return "/run/netns/" + name_; }
    [[nodiscard]] std::string legacy(const test::Scratch& scratch, const std::string& words) const
    {
        return sh(
            "XTABLES_LOCKFILE=" + (scratch.path() / "lock").string() + " ip netns exec " + name_ +
            " iptables-legacy " + words);
    }

  private:
    std::string name_ = "fwd-guard-audit-" + std::to_string(::getpid());
};

const std::string rule = "-A FORWARD -o eth7 -m comment --comment \"fwd-guard:r\" -j ACCEPT\n";

std::string configuration(const std::string& legacy)
{
    return R"({"rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD","match":{"out_interface":"eth7"},"verdict":"accept"}],"legacy":{)" +
           legacy + "}}";
}

test::DaemonProcess::Environment lockIn(const test::Scratch& scratch)
{
    return {{"XTABLES_LOCKFILE", (scratch.path() / "lock").string()}};
}

} // namespace

TEST_CASE("with the kernel's audit on, a flushed legacy rule is back at once and the log names who")
{
    const AuditSetting on(true);
    const NamedNetns netns;
    const test::Scratch scratch;
    static_cast<void>(netns.legacy(scratch, "-P FORWARD DROP"));
    const auto file = scratch.write("c.json", configuration(R"("poll_interval":"1h")"));
    test::DaemonProcess daemon(
        scratch, {"--config", file, "--netns", netns.path()}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    REQUIRE(daemon.logged("legacy tables: audit"));

    static_cast<void>(netns.legacy(scratch, "-F FORWARD"));
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy) by iptables-legacy (pid "));
    CHECK(test::eventually(
        [&] { return netns.legacy(scratch, "-S FORWARD") == "-P FORWARD DROP\n" + rule; }));
}

TEST_CASE(
    "only where the configuration says so, the kernel's audit is switched on, and the log says it")
{
    const AuditSetting off(false);
    const NamedNetns netns;
    const test::Scratch scratch;
    static_cast<void>(netns.legacy(scratch, "-P FORWARD DROP"));
    const bool allowed = GENERATE(false, true);
    const auto file = scratch.write(
        "c.json", configuration(allowed ? R"("enable_audit":true)" : R"("watch":"auto")"));
    test::DaemonProcess daemon(
        scratch, {"--config", file, "--netns", netns.path()}, lockIn(scratch));
    REQUIRE(daemon.notified("READY=1"));
    std::error_code error;
    CHECK(xtables::auditEnabled(error) == allowed);
    CHECK(daemon.logged(
        allowed ? "the kernel's audit switched on for the whole host"
                : "legacy tables: polling: the kernel's audit is off"));
}
