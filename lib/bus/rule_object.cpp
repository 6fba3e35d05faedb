// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/rule_object.hpp"

namespace fwdguard::bus {

RuleObject::RuleObject(
    sdbus::IConnection& connection, const std::string& path, const RuleProperties& live)
    : AdaptorInterfaces(connection, shim::Path{path}), live_(live), announced_(live)
{
    registerAdaptor();
}

RuleObject::~RuleObject()
{
    unregisterAdaptor();
}

void RuleObject::announceChanges()
{
    const auto names = changedProperties(announced_, live_);
    if (names.empty())
        return;
    shim::emitPropertiesChanged(getObject(), INTERFACE_NAME, names);
    announced_ = live_;
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
