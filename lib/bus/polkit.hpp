// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/authority.hpp"
#include "bus/sd_bus_handles.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace fwdguard::bus {

struct PolkitAllows {};

/// `password`: it would, after somebody has proved to be an administrator.
struct PolkitDenies {
    bool password = false;
};

struct PolkitAbsent {};

struct PolkitFailed {
    std::string why{};
};

using Verdict = std::variant<PolkitAllows, PolkitDenies, PolkitAbsent, PolkitFailed>;

/// Asks polkit whether the caller may do org.fwdguard1.manage; does not wait. `handler` gets the
/// reply unless `call` is dropped before. Returns an errno, negated, when it cannot be asked.
[[nodiscard]] int askPolkit(
    sd_bus* bus,
    const Caller& caller,
    sd_bus_message_handler_t handler,
    void* userdata,
    SlotPtr& call);

/// What polkit's reply, or the error in its place, says.
[[nodiscard]] Verdict readVerdict(sd_bus_message* reply);

/// In words, why this user may not; empty when it may.
[[nodiscard]] std::string refusalOf(const Verdict& verdict, std::uint32_t uid);

} // namespace fwdguard::bus
