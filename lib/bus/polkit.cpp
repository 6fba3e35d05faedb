// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/polkit.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace fwdguard::bus {

namespace {

constexpr const char* polkit = "org.freedesktop.PolicyKit1";
constexpr const char* authority = "org.freedesktop.PolicyKit1.Authority";
constexpr const char* action = "org.fwdguard1.manage";

constexpr std::uint32_t allowUserInteraction = 1;
/// Microseconds. A polkit that takes longer without asking anybody hangs.
constexpr std::uint64_t machineLimit = 10'000'000;
constexpr std::uint64_t personLimit = 120'000'000;

struct DropMessage {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};
using MessagePtr = std::unique_ptr<sd_bus_message, DropMessage>;

bool isAbsence(std::string_view error)
{
    constexpr std::array<std::string_view, 3> names = {
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        // The unit behind the name is masked.
        "org.freedesktop.systemd1.UnitMasked"};
    return std::ranges::find(names, error) != names.end();
}

std::string onlyRoot(std::uint32_t uid)
{
    return "only root may change what fwd-guard does, and this comes from uid " +
           std::to_string(uid);
}

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

} // namespace

int askPolkit(
    sd_bus* bus,
    const Caller& caller,
    sd_bus_message_handler_t handler,
    void* userdata,
    SlotPtr& call)
{
    sd_bus_message* raw = nullptr;
    int r = sd_bus_message_new_method_call(
        bus,
        &raw,
        polkit,
        "/org/freedesktop/PolicyKit1/Authority",
        authority,
        "CheckAuthorization");
    const MessagePtr message{raw};
    if (r < 0)
        return r;
    r = sd_bus_message_append(
        message.get(),
        "(sa{sv})sa{ss}us",
        "system-bus-name",
        1,
        "name",
        "s",
        caller.name.c_str(),
        action,
        0,
        caller.interactive ? allowUserInteraction : 0U,
        "");
    if (r < 0)
        return r;
    sd_bus_slot* slot = nullptr;
    r = sd_bus_call_async(
        bus,
        &slot,
        message.get(),
        handler,
        userdata,
        caller.interactive ? personLimit : machineLimit);
    call.reset(slot);
    return r;
}

Verdict readVerdict(sd_bus_message* reply)
{
    if (const sd_bus_error* error = sd_bus_message_get_error(reply)) {
        if (isAbsence(error->name))
            return PolkitAbsent{};
        return PolkitFailed{error->message != nullptr ? error->message : error->name};
    }
    int allowed = 0;
    int challenge = 0;
    if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
        sd_bus_message_read(reply, "bb", &allowed, &challenge) < 0)
        return PolkitFailed{"its answer makes no sense"};
    if (allowed != 0)
        return PolkitAllows{};
    return PolkitDenies{.password = challenge != 0};
}

std::string refusalOf(const Verdict& verdict, std::uint32_t uid)
{
    return std::visit(
        Overloaded{
            [](const PolkitAllows&) { return std::string{}; },
            [&](const PolkitDenies& denies) {
                return "polkit does not let uid " + std::to_string(uid) + " do " + action +
                       (denies.password ? " without an administrator's password" : "");
            },
            [&](const PolkitAbsent&) { return onlyRoot(uid); },
            [&](const PolkitFailed& failed) {
                return onlyRoot(uid) + "; polkit could not be asked: " + failed.why;
            },
        },
        verdict);
}

} // namespace fwdguard::bus
