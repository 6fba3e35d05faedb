// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/client.hpp"

#include "ctl/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace fwdguard::ctl {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto handshakeLimit = 5s;
/// A repair takes microseconds; a daemon that needs longer than this for an answer is stuck.
constexpr auto callLimit = 10s;
/// Who has to type a password first needs this.
constexpr auto passwordLimit = 130s;

Failure noBus(const std::string& why)
{
    return {
        ExitStatus::unreachable,
        "the system bus is not reachable (" + why + "): systemctl status dbus"};
}

void check(int r)
{
    if (r < 0)
        throw noBus(std::generic_category().message(-r));
}

void finishHandshake(sd_bus* bus)
{
    const auto deadline = Clock::now() + handshakeLimit;
    while (sd_bus_is_ready(bus) == 0) {
        const int processed = sd_bus_process(bus, nullptr);
        check(processed);
        if (processed > 0)
            continue;
        const auto left =
            std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now());
        if (left <= 0us)
            throw noBus("no answer within 5 s");
        check(sd_bus_wait(bus, static_cast<std::uint64_t>(left.count())));
    }
}

template <std::size_t Count>
bool isOneOf(std::string_view name, const std::array<std::string_view, Count>& names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

bus::shim::Opened openSystemBus()
{
    sd_bus* raw = nullptr;
    const int r = sd_bus_open_system(&raw);
    bus::BusPtr owned{raw};
    check(r);
    finishHandshake(owned.get());
    try {
        auto opened = bus::shim::adopt(std::move(owned));
        opened.connection->setMethodCallTimeout(callLimit);
        return opened;
    } catch (const sdbus::Error& e) {
        throw noBus(e.getMessage());
    }
}

Manager::Manager(sdbus::IConnection& connection)
    : ProxyInterfaces(
          connection, bus::shim::Name{"org.fwdguard1"}, bus::shim::Path{"/org/fwdguard1"})
{
}

namespace {

void callManager(const bus::shim::Opened& opened, const std::function<void(Manager&)>& call)
{
    try {
        Manager manager{*opened.connection};
        call(manager);
    } catch (const sdbus::Error& e) {
        throw failureOf(e.getName(), e.getMessage());
    }
}

} // namespace

void withManager(const std::function<void(Manager&)>& call)
{
    callManager(openSystemBus(), call);
}

void changeManager(const std::function<void(Manager&)>& call)
{
    const auto opened = openSystemBus();
    if (geteuid() != 0) {
        sd_bus_set_allow_interactive_authorization(opened.bus, 1);
        opened.connection->setMethodCallTimeout(passwordLimit);
    }
    callManager(opened, call);
}

nlohmann::ordered_json statusOf(Manager& manager)
{
    auto status = nlohmann::ordered_json::parse(manager.GetStatus(), nullptr, false);
    if (!status.is_object() || !status.contains("rules") || !status["rules"].is_array())
        throw Failure{
            ExitStatus::failed,
            "fwd-guard's status is not what this fwd-guardctl expects: install both from one "
            "version"};
    return status;
}

Failure failureOf(const std::string& errorName, const std::string& message)
{
    constexpr std::array<std::string_view, 2> absent = {
        "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"};
    constexpr std::array<std::string_view, 5> silent = {
        "org.freedesktop.DBus.Error.NoReply",
        "org.freedesktop.DBus.Error.Timeout",
        "org.freedesktop.DBus.Error.TimedOut",
        "org.freedesktop.DBus.Error.Disconnected",
        "System.Error.ETIMEDOUT"};
    constexpr std::array<std::string_view, 2> denied = {
        "org.freedesktop.DBus.Error.AccessDenied",
        "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"};
    const auto words = printable(message);
    if (isOneOf(errorName, absent))
        return {
            ExitStatus::unreachable,
            "fwd-guard is not running on the system bus (" + words +
                "): systemctl status fwd-guard"};
    if (isOneOf(errorName, silent))
        return {
            ExitStatus::unreachable,
            "fwd-guard does not answer (" + words + "): systemctl status fwd-guard"};
    if (isOneOf(errorName, denied))
        return {ExitStatus::notPermitted, "not permitted (" + words + "): try again as root"};
    if (errorName == "org.fwdguard1.Error.NoSuchRule" ||
        errorName == "org.freedesktop.DBus.Error.InvalidArgs")
        return {ExitStatus::usage, words};
    if (errorName == "org.fwdguard1.Error.ConfigInvalid")
        return {ExitStatus::configuration, words + "\nthe configuration in force has not changed"};
    return {ExitStatus::failed, words};
}

} // namespace fwdguard::ctl
