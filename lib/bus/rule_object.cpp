// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/rule_object.hpp"

#include "bus/text.hpp"

namespace fwdguard::bus {

RuleObject::RuleObject(
    sdbus::IConnection& connection,
    const std::string& path,
    const RuleView& view,
    const IncidentText& incidentText)
    : AdaptorInterfaces(connection, shim::Path{path}), view_(view), incidentText_(incidentText),
      announced_(view.properties)
{
    registerAdaptor();
}

RuleObject::~RuleObject()
{
    unregisterAdaptor();
}

bool RuleObject::announceChanges()
{
    const auto names = changedProperties(announced_, view_.properties);
    if (names.empty())
        return false;
    shim::emitPropertiesChanged(getObject(), INTERFACE_NAME, names);
    announced_ = view_.properties;
    return true;
}

std::string RuleObject::LastIncident()
{
    return view_.lastIncident ? busText(incidentText_(*view_.lastIncident)) : "null";
}

void RuleObject::emitAdded()
{
    getObject().emitInterfacesAddedSignal();
}

void RuleObject::emitRemoved()
{
    getObject().emitInterfacesRemovedSignal();
}

} // namespace fwdguard::bus
