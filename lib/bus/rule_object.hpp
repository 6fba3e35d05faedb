// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/properties.hpp"
#include "bus/sdbus_shim.hpp"
#include "core/incident.hpp"

#include <functional>
#include <optional>
#include <string>

#include <fwdguard1_adaptor.hpp>

namespace fwdguard::bus {

/// An incident as GetStatus has it: JSON.
using IncidentText = std::function<std::string(const Incident& incident)>;

/// What a rule's object shows; kept by the Service across connections.
struct RuleView {
    RuleProperties properties{};
    std::optional<Incident> lastIncident{};
};

/// One rule's object on one connection. Must not outlive the view and the function.
class RuleObject final : public sdbus::AdaptorInterfaces<org::fwdguard1::Rule_adaptor> {
  public:
    /// Throws sdbus::Error.
    RuleObject(
        sdbus::IConnection& connection,
        const std::string& path,
        const RuleView& view,
        const IncidentText& incidentText);
    RuleObject(const RuleObject&) = delete;
    RuleObject& operator=(const RuleObject&) = delete;
    ~RuleObject();

    /// Emits PropertiesChanged for what differs from the last announcement; false: nothing does.
    bool announceChanges();

    void emitAdded();
    void emitRemoved();

  private:
    std::string Id() override { return view_.properties.id; }
    std::string Family() override { return view_.properties.family; }
    std::string Table() override { return view_.properties.table; }
    std::string Chain() override { return view_.properties.chain; }
    std::string Backend() override { return view_.properties.backend; }
    std::string Position() override { return view_.properties.position; }
    std::string State() override { return view_.properties.state; }
    std::string Detail() override { return view_.properties.detail; }
    std::uint64_t Handle() override { return view_.properties.handle; }
    std::int32_t Index() override { return view_.properties.index; }
    std::uint64_t Packets() override { return view_.properties.packets; }
    std::uint64_t Bytes() override { return view_.properties.bytes; }
    std::uint64_t Repairs() override { return view_.properties.repairs; }
    std::string LastIncident() override;

    const RuleView& view_;
    const IncidentText& incidentText_;
    RuleProperties announced_;
};

} // namespace fwdguard::bus
