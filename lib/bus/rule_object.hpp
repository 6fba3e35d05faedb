// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/properties.hpp"
#include "bus/sdbus_shim.hpp"

#include <fwdguard1_adaptor.hpp>

namespace fwdguard::bus {

/// One rule's object on one connection. Must not outlive the properties that it shows.
class RuleObject final : public sdbus::AdaptorInterfaces<org::fwdguard1::Rule_adaptor> {
  public:
    /// Throws sdbus::Error.
    RuleObject(sdbus::IConnection& connection, const std::string& path, const RuleProperties& live);
    RuleObject(const RuleObject&) = delete;
    RuleObject& operator=(const RuleObject&) = delete;
    ~RuleObject();

    /// Emits PropertiesChanged for what differs from the last announcement, if anything does.
    void announceChanges();

    void emitAdded();
    void emitRemoved();

  private:
    std::string Id() override { return live_.id; }
    std::string Family() override { return live_.family; }
    std::string Table() override { return live_.table; }
    std::string Chain() override { return live_.chain; }
    std::string Backend() override { return live_.backend; }
    std::string Position() override { return live_.position; }
    std::string State() override { return live_.state; }
    std::string Detail() override { return live_.detail; }
    std::uint64_t Handle() override { return live_.handle; }
    std::int32_t Index() override { return live_.index; }
    std::uint64_t Packets() override { return live_.packets; }
    std::uint64_t Bytes() override { return live_.bytes; }
    std::uint64_t Repairs() override { return live_.repairs; }
    std::string LastIncident() override { return live_.lastIncident; }

    const RuleProperties& live_;
    RuleProperties announced_;
};

} // namespace fwdguard::bus
