// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/sdbus_shim.hpp"
#include "ctl/exit_status.hpp"

#include <cstdint>
#include <functional>
#include <string>

#include <fwdguard1_proxy.hpp>
#include <nlohmann/json.hpp>

namespace fwdguard::ctl {

/// The system bus, or Failure{unreachable}. Gives up after a few seconds without an answer.
[[nodiscard]] bus::shim::Opened openSystemBus();

/// The Manager's methods. Signals go nowhere.
class Manager final : public sdbus::ProxyInterfaces<org::fwdguard1::Manager_proxy> {
  public:
    explicit Manager(sdbus::IConnection& connection);
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() = default;

  private:
    void onRepaired(
        const std::string&,
        const std::string&,
        const std::string&,
        const std::uint64_t&,
        const std::string&) override
    {
    }
    void onStateChanged(const std::string&, const std::string&, const std::string&) override {}
};

/// Connects and runs `call`; a D-Bus error becomes a Failure in words.
void withManager(const std::function<void(Manager&)>& call);

/// The same for what not everybody may: somebody may be asked for a password first.
void changeManager(const std::function<void(Manager&)>& call);

/// GetStatus, parsed. Failure when it is not the JSON that it should be.
[[nodiscard]] nlohmann::ordered_json statusOf(Manager& manager);

/// The Failure that a D-Bus error means.
[[nodiscard]] Failure failureOf(const std::string& errorName, const std::string& message);

} // namespace fwdguard::ctl
