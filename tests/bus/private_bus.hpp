// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/process.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace fwdguard::busTest {

/// What the bus lets callers do beyond the policy file that we install.
enum class Policy { asInstalled, everything };

/// A system bus of our own in a temporary folder; DBUS_SYSTEM_BUS_ADDRESS points to it for all
/// children. Skips the test when there is no dbus-daemon.
class PrivateBus {
  public:
    explicit PrivateBus(Policy policy = Policy::asInstalled);
    PrivateBus(const PrivateBus&) = delete;
    PrivateBus& operator=(const PrivateBus&) = delete;
    ~PrivateBus();

    /// Waits until it answers.
    void start();
    /// Ends it; whoever is connected sees the connection close.
    void stop();
    /// SIGSTOP and SIGCONT: it is there and does not answer.
    void freeze() const;
    void thaw() const;

    [[nodiscard]] const std::string& address() const { return address_; }

    /// `busctl <arguments>` on this bus.
    [[nodiscard]] Arguments busctl(const Arguments& arguments) const;

  private:
    std::filesystem::path folder_;
    std::string address_;
    std::unique_ptr<Process> daemon_;
};

/// A polkit on the bus, which says no until told otherwise; fake_polkit.cpp has the words.
class Polkit {
  public:
    Polkit();

    void answers(const std::string& answer);

    Process process;
};

/// The service under test, on the bus or looking for it.
class Host {
  public:
    Host();

    /// Publishes "calm" and waits for the name.
    void appear();

    /// Whether the event loop answers at once.
    [[nodiscard]] bool turns();

    Process process;

  private:
    int pings_ = 0;
};

/// `fwd-guardctl <arguments>`.
[[nodiscard]] Finished ctl(const Arguments& arguments);

} // namespace fwdguard::busTest
