// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/client.hpp"
#include "ctl/commands.hpp"
#include "ctl/text.hpp"

#include <array>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <memory>
#include <string_view>
#include <system_error>

namespace fwdguard::ctl {

namespace {

constexpr std::uint64_t reconnectUsec = 1'000'000;

void check(int r, const char* doing)
{
    if (r < 0)
        throw std::system_error(-r, std::generic_category(), doing);
}

/// Flushed line by line: the reader of a pipe wants to know now.
void printLine(const std::string& text)
{
    const auto now = std::time(nullptr);
    std::tm local{};
    std::array<char, 16> clock{};
    localtime_r(&now, &local);
    std::strftime(clock.data(), clock.size(), "%H:%M:%S", &local);
    std::cout << clock.data() << ' ' << printable(text) << std::endl;
}

/// Prints the signals of whichever process owns the name.
class Printer final : public sdbus::ProxyInterfaces<org::fwdguard1::Manager_proxy> {
  public:
    explicit Printer(sdbus::IConnection& connection)
        : ProxyInterfaces(
              connection, bus::shim::Name{"org.fwdguard1"}, bus::shim::Path{"/org/fwdguard1"})
    {
        registerProxy();
    }
    Printer(const Printer&) = delete;
    Printer& operator=(const Printer&) = delete;
    ~Printer() { unregisterProxy(); }

  private:
    void onRepaired(
        const std::string&,
        const std::string&,
        const std::string&,
        const std::uint64_t&,
        const std::string& message) override
    {
        printLine(message);
    }

    void onStateChanged(
        const std::string& rule, const std::string& state, const std::string& detail) override
    {
        printLine(
            (rule.empty() ? "fwd-guard" : rule) + ": " + state +
            (detail.empty() ? "" : ", " + detail));
    }
};

struct DropEvent {
    void operator()(sd_event* event) const noexcept { sd_event_unref(event); }
};
using EventPtr = std::unique_ptr<sd_event, DropEvent>;

/// One connection to the bus, from subscribing until the bus goes away.
class Session {
  public:
    explicit Session(sd_event* event) : opened_(openSystemBus()), printer_(*opened_.connection)
    {
        constexpr const char* ownerChanges =
            "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
            "member='NameOwnerChanged',arg0='org.fwdguard1'";
        sd_bus_slot* slot = nullptr;
        check(
            sd_bus_add_match(opened_.bus, &slot, ownerChanges, &Session::onOwner, nullptr),
            "cannot listen to the system bus");
        ownerMatch_.reset(slot);
        check(
            sd_bus_attach_event(opened_.bus, event, SD_EVENT_PRIORITY_NORMAL),
            "cannot watch the system bus");
    }

    [[nodiscard]] sdbus::IConnection& connection() const { return *opened_.connection; }
    [[nodiscard]] bool alive() const { return sd_bus_is_open(opened_.bus) > 0; }

  private:
    static int onOwner(sd_bus_message* message, void*, sd_bus_error*) noexcept
    {
        const char* name = nullptr;
        const char* before = nullptr;
        const char* after = nullptr;
        if (sd_bus_message_read(message, "sss", &name, &before, &after) >= 0)
            printLine(
                std::string_view{after}.empty() ? "fwd-guard left the system bus"
                                                : "fwd-guard is on the system bus");
        return 0;
    }

    bus::shim::Opened opened_;
    Printer printer_;
    bus::SlotPtr ownerMatch_;
};

/// Blocked first: sd-event takes signals through a descriptor.
EventPtr newEvent()
{
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    check(-pthread_sigmask(SIG_BLOCK, &ending, nullptr), "cannot block signals");
    sd_event* event = nullptr;
    check(sd_event_new(&event), "cannot make an event loop");
    EventPtr owned{event};
    // Without a handler, a signal ends the loop.
    for (const int number : {SIGINT, SIGTERM})
        check(
            sd_event_add_signal(event, nullptr, number, nullptr, nullptr), "cannot handle signals");
    return owned;
}

/// Until a signal (true) or the end of the connection (false).
bool runUntilLost(sd_event* event, const Session& session)
{
    while (session.alive()) {
        check(sd_event_run(event, UINT64_MAX), "cannot wait for the system bus");
        if (sd_event_get_state(event) == SD_EVENT_FINISHED)
            return true;
    }
    return false;
}

/// A new connection, or none when a signal came first.
std::unique_ptr<Session> reconnected(sd_event* event)
{
    while (true) {
        check(sd_event_run(event, reconnectUsec), "cannot wait for the system bus");
        if (sd_event_get_state(event) == SD_EVENT_FINISHED)
            return nullptr;
        try {
            return std::make_unique<Session>(event);
        } catch (const Failure&) {
            continue; // said once already: "the system bus is gone"
        } catch (const sdbus::Error&) {
            continue;
        }
    }
}

} // namespace

ExitStatus watch()
{
    const auto event = newEvent();
    auto session = std::make_unique<Session>(event.get());
    try {
        // Nobody there at the start is more likely a mistake than a restart.
        Manager{session->connection()}.GetStatus();
    } catch (const sdbus::Error& e) {
        throw failureOf(e.getName(), e.getMessage());
    }
    while (!runUntilLost(event.get(), *session)) {
        printLine("the system bus is gone");
        session.reset();
        session = reconnected(event.get());
        if (!session)
            break;
        printLine("the system bus is back");
    }
    return ExitStatus::done;
}

} // namespace fwdguard::ctl
