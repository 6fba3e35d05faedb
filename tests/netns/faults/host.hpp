// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netns/daemon/daemon_process.hpp"
#include "netns/faults/trial.hpp"
#include "support/netns.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fwdguard::faults {

/// A network namespace with a FORWARD chain, the configuration of a daemon for it, and other
/// processes that change the chain.
class Host {
  public:
    Host(const Scenario& scenario, const Surroundings& around);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    /// The chain, before there is a daemon.
    void prepare();

    // What others do.
    void flush();
    void displace();
    void recreateTable();
    void letDockerGo();
    void letDockerCome();
    /// The configuration holds rules for another interface from now on.
    void declare(const std::string& interface);

    /// The daemon has ended: its own table has gone with it.
    void expectNoMarks() { marks_ = false; }

    /// The chain's rules, and the marks.
    [[nodiscard]] std::string rules() const;
    [[nodiscard]] std::string wanted() const;
    [[nodiscard]] bool asWanted() const { return rules() == wanted(); }

    [[nodiscard]] std::vector<std::string> arguments() const;
    /// With the order the interposer breaks something, without it counts; see `counting`.
    [[nodiscard]] Environment environment(const std::string& order) const;
    [[nodiscard]] std::filesystem::path logFile() const { return scratch_.path() / "log"; }
    /// What has come to the journal so far.
    [[nodiscard]] std::string told() const;
    [[nodiscard]] std::string read(const std::string& name) const;

    /// In the namespace.
    [[nodiscard]] test::Output run(const std::string& command) const;

  private:
    [[nodiscard]] std::string iptables() const;
    void must(const std::string& command) const;

    const Scenario& scenario_;
    const Surroundings& around_;
    test::Scratch scratch_;
    std::string name_;
    std::optional<test::FreshNetns> netns_;
    std::string interface_ = "eth7";
    std::string foreign_;
    bool marks_ = false;
};

} // namespace fwdguard::faults
