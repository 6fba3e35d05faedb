// SPDX-License-Identifier: GPL-2.0-or-later
// Owners of libsystemd's objects, one pointer wide.
#pragma once

#include <memory>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

namespace fwdguard::bus {

/// Closes without flushing: a flush waits for the bus daemon, however long that takes.
struct CloseBus {
    void operator()(sd_bus* bus) const noexcept { sd_bus_close_unref(bus); }
};
using BusPtr = std::unique_ptr<sd_bus, CloseBus>;

/// Unregisters whatever the slot stands for: a pending call, a match, a filter.
struct DropSlot {
    void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};
using SlotPtr = std::unique_ptr<sd_bus_slot, DropSlot>;

struct DropEventSource {
    void operator()(sd_event_source* source) const noexcept
    {
        sd_event_source_disable_unref(source);
    }
};
using EventSourcePtr = std::unique_ptr<sd_event_source, DropEventSource>;

} // namespace fwdguard::bus
