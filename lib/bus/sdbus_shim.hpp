// SPDX-License-Identifier: GPL-2.0-or-later
// The one place that knows which sdbus-c++ is installed: 1.2 (Debian 12) or 2.x (Debian 13).
#pragma once

#include "bus/sd_bus_handles.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sdbus-c++/sdbus-c++.h>

#if __has_include(<sdbus-c++/VTableItems.h>)
#define FWDGUARD_SDBUS_2 1
#else
#define FWDGUARD_SDBUS_2 0
#endif

namespace fwdguard::bus::shim {

/// One connection under both its names. `bus` belongs to `connection`.
struct Opened {
    std::unique_ptr<sdbus::IConnection> connection;
    sd_bus* bus = nullptr;
};

/// sdbus-c++ hides its sd_bus_message.
struct MessageAccess : sdbus::Message {
    static sd_bus_message* rawOf(const sdbus::Message& message)
    {
        return static_cast<sd_bus_message*>(message.*(&MessageAccess::msg_));
    }
};

#if FWDGUARD_SDBUS_2

using Path = sdbus::ObjectPath;
using Name = sdbus::ServiceName;

inline sdbus::Error error(const char* name, const std::string& text)
{
    return {sdbus::Error::Name{name}, text};
}

/// Unique name of whoever called the method that `object` is carrying out.
inline std::string callerOf(const sdbus::IObject& object)
{
    const char* sender = object.getCurrentlyProcessedMessage().getSender();
    return sender == nullptr ? std::string{} : std::string{sender};
}

/// Whether that caller allows a question to the person in front of it.
inline bool mayInteract(const sdbus::IObject& object)
{
    const auto message = object.getCurrentlyProcessedMessage();
    return sd_bus_message_get_allow_interactive_authorization(MessageAccess::rawOf(message)) > 0;
}

inline void emitPropertiesChanged(
    sdbus::IObject& object, const char* interface, const std::vector<std::string>& names)
{
    std::vector<sdbus::PropertyName> properties;
    properties.reserve(names.size());
    for (const auto& name : names)
        properties.emplace_back(name);
    object.emitPropertiesChangedSignal(interface, properties);
}

/// Makes sdbus-c++ the owner of a connection whose handshake is done. It does not block.
inline Opened adopt(BusPtr running)
{
    Opened opened;
    opened.bus = running.get();
    opened.connection = sdbus::createBusConnection(running.release());
    return opened;
}

#else

using Path = std::string;
using Name = std::string;

inline sdbus::Error error(const char* name, const std::string& text)
{
    return {name, text};
}

inline std::string callerOf(const sdbus::IObject& object)
{
    const sdbus::Message* message = object.getCurrentlyProcessedMessage();
    return message == nullptr ? std::string{} : message->getSender();
}

inline bool mayInteract(const sdbus::IObject& object)
{
    const sdbus::Message* message = object.getCurrentlyProcessedMessage();
    return message != nullptr &&
           sd_bus_message_get_allow_interactive_authorization(MessageAccess::rawOf(*message)) > 0;
}

inline void emitPropertiesChanged(
    sdbus::IObject& object, const char* interface, const std::vector<std::string>& names)
{
    object.emitPropertiesChangedSignal(interface, names);
}

/// sdbus-c++ 1 cannot take over a connection: it opens one of its own and waits for the handshake.
/// The one given proves that the bus daemon answered a moment ago, so that the wait is short.
inline Opened adopt(BusPtr running)
{
    Opened opened;
    opened.connection = sdbus::createSystemBusConnection();
    const auto probe = sdbus::createObject(*opened.connection, "/");
    // It hides its sd_bus as well; a message that it made for that bus knows it.
    const auto signal = probe->createSignal("org.fwdguard1.Probe", "Probe");
    opened.bus = sd_bus_message_get_bus(MessageAccess::rawOf(signal));
    running.reset();
    return opened;
}

#endif

} // namespace fwdguard::bus::shim
