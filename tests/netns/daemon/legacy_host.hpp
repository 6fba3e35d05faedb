// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netns/daemon/daemon_process.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard::test {

/// What `iptables -S` shows of the declared rule.
inline const std::string guardedRule =
    "-A FORWARD -o eth7 -m comment --comment \"fwd-guard:r\" -j ACCEPT\n";

/// Where the declared rule is, unless a test wants it elsewhere.
inline const std::string forwarded = R"("chain":"FORWARD","match":{"out_interface":"eth7"})";

// Without the sweep: what it would bring back, polling has to.
inline const std::string polling =
    R"("sweep":"0s","legacy":{"watch":"poll","poll_interval":"100ms"})";

/// Says so; the test is then skipped.
inline bool legacyMissing()
{
    if (run("iptables-legacy --version && test -e /proc/net/ip_tables_names").status == 0)
        return false;
    std::cout << "SKIPPED: no iptables-legacy, or no legacy tables in this kernel\n";
    return true;
}

/// A network namespace of its own, and the daemon in it once it is started.
class LegacyHost {
  public:
    /// Under the daemon's own lock file.
    [[nodiscard]] std::filesystem::path lock() const { return scratch_.path() / "lock"; }

    std::string legacy(const std::string& arguments) const
    {
        return must("XTABLES_LOCKFILE=" + lock().string() + " iptables-legacy " + arguments);
    }

    /// As who does not keep to the lock.
    std::string legacyUnderAnotherLock(const std::string& arguments) const
    {
        return must(
            "XTABLES_LOCKFILE=" + (scratch_.path() / "other").string() + " iptables-legacy " +
            arguments);
    }

    /// Returns when it is ready. `more` is of the configuration, `place` of the rule. Once.
    DaemonProcess& start(
        const std::string& more,
        DaemonProcess::Environment environment = {},
        const std::vector<std::string>& command = {FWDGUARD_DAEMON},
        const std::string& place = forwarded)
    {
        // The folder above the configuration is watched as well: not where others write.
        const auto file = scratch_.write(
            "etc/c.json",
            R"({"rules":[{"id":"r","family":"ip","table":"filter",)" + place +
                R"(,"verdict":"accept"}],)" + more + "}");
        environment["XTABLES_LOCKFILE"] = lock().string();
        daemon_.emplace(scratch_, std::vector<std::string>{"--config", file}, environment, command);
        REQUIRE(daemon_->notified("READY=1"));
        return *daemon_;
    }

  private:
    FreshNetns netns_;
    Scratch scratch_;
    std::optional<DaemonProcess> daemon_;
};

} // namespace fwdguard::test
