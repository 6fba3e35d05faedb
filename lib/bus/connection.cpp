// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/connection.hpp"

#include "bus/priority.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

namespace fwdguard::bus {

namespace {

using namespace std::chrono_literals;

constexpr auto firstRetry = 1000ms;
constexpr auto lastRetry = 30'000ms;
/// A bus daemon that takes longer than this to say hello is treated as absent.
constexpr auto handshakeLimit = 10'000ms;
/// Messages; far more than an idle bus ever has waiting, and a few tens of kilobytes.
constexpr std::uint64_t congestion = 64;

constexpr const char* busName = "org.fwdguard1";
constexpr const char* closed = "the system bus closed the connection";
constexpr const char* driverName = "org.freedesktop.DBus";

void check(int r, const char* doing)
{
    if (r < 0)
        throw std::system_error(-r, std::generic_category(), doing);
}

std::string errorText(sd_bus_message* reply)
{
    const sd_bus_error* error = sd_bus_message_get_error(reply);
    if (error == nullptr)
        return {};
    return error->message != nullptr ? error->message : error->name;
}

/// An attached bus would otherwise be flushed, that is waited for, when the event loop ends.
void attach(sd_bus* bus, sd_event* event)
{
    check(sd_bus_set_close_on_exit(bus, 0), "cannot set up the system bus");
    check(
        sd_bus_attach_event(bus, event, static_cast<int>(eventPriority)),
        "cannot watch the system bus");
}

} // namespace

Connection::Connection(sd_event* event, Listener& listener, ConnectionChanged onChange)
    : event_(event), listener_(listener), onChange_(std::move(onChange)),
      timer_(event, [this] { step(); }), backoff_(firstRetry)
{
}

Connection::~Connection()
{
    tearDown();
}

void Connection::start()
{
    after(0ms, Next::open);
}

bool Connection::congested() const
{
    std::uint64_t queued = 0;
    return opened_.bus != nullptr && sd_bus_get_n_queued_write(opened_.bus, &queued) >= 0 &&
           queued > congestion;
}

void Connection::step() noexcept
{
    try {
        switch (next_) {
        case Next::open:
            return open();
        case Next::giveUpHandshake:
            return lost(Told::noBus, "the system bus does not answer");
        case Next::establish:
            return establish();
        case Next::tearDown:
            return lost(Told::noBus, ending_);
        case Next::requestName:
            return requestName();
        }
    } catch (const std::exception& e) {
        lost(Told::noBus, e.what());
    }
}

/// sd_bus_open_system() only begins to connect. The question that follows is answered after the
/// handshake, and until then the event loop turns.
void Connection::open()
{
    sd_bus* bus = nullptr;
    const int r = sd_bus_open_system(&bus);
    opening_.reset(bus);
    check(r, "cannot connect to the system bus");
    attach(opening_.get(), event_);
    sd_bus_slot* slot = nullptr;
    const int sent = sd_bus_call_method_async(
        opening_.get(),
        &slot,
        driverName,
        "/org/freedesktop/DBus",
        driverName,
        "GetId",
        &Connection::onHandshake,
        this,
        nullptr);
    handshake_.reset(slot);
    check(sent, "cannot talk to the system bus");
    after(handshakeLimit, Next::giveUpHandshake);
}

int Connection::onHandshake(sd_bus_message* reply, void* self, sd_bus_error*) noexcept
{
    static_cast<Connection*>(self)->handshakeDone(reply);
    return 0;
}

/// A bus must not be taken over or closed from within one of its callbacks: the timer does it.
void Connection::handshakeDone(sd_bus_message* reply)
{
    if (sd_bus_message_is_method_error(reply, nullptr) != 0)
        return tearDownSoon(closed);
    after(0ms, Next::establish);
}

void Connection::establish()
{
    handshake_.reset();
    opened_ = shim::adopt(std::move(opening_));
    if (sd_bus_get_event(opened_.bus) == nullptr)
        attach(opened_.bus, event_);
    sd_bus_slot* slot = nullptr;
    check(
        sd_bus_add_filter(opened_.bus, &slot, &Connection::onMessage, this),
        "cannot listen to the system bus");
    filter_.reset(slot);
    listener_.connected(opened_);
    requestName();
}

void Connection::requestName()
{
    sd_bus_slot* slot = nullptr;
    const int r = sd_bus_request_name_async(
        opened_.bus, &slot, busName, SD_BUS_NAME_QUEUE, &Connection::onNameReply, this);
    nameCall_.reset(slot);
    check(r, "cannot request the bus name org.fwdguard1");
}

int Connection::onNameReply(sd_bus_message* reply, void* self, sd_bus_error*) noexcept
{
    static_cast<Connection*>(self)->nameReply(reply);
    return 0;
}

/// Values of the reply: D-Bus specification, org.freedesktop.DBus.RequestName.
void Connection::nameReply(sd_bus_message* reply)
{
    constexpr std::uint32_t primaryOwner = 1;
    constexpr std::uint32_t alreadyOwner = 4;
    if (sd_bus_is_open(opened_.bus) <= 0)
        return; // the connection ended before the answer; Disconnected follows
    if (sd_bus_message_is_method_error(reply, nullptr) != 0) {
        tell(Told::noName, "the bus name org.fwdguard1 is refused: " + errorText(reply));
        return retryLater(Next::requestName);
    }
    std::uint32_t answer = 0;
    if (sd_bus_message_read(reply, "u", &answer) >= 0 &&
        (answer == primaryOwner || answer == alreadyOwner))
        return nameIsOurs();
    // We are queued: NameAcquired comes when the owner lets go.
    tell(Told::noName, "the bus name org.fwdguard1 belongs to another process");
}

int Connection::onMessage(sd_bus_message* message, void* self, sd_bus_error*) noexcept
{
    static_cast<Connection*>(self)->message(message);
    return 0;
}

void Connection::message(sd_bus_message* message)
{
    if (sd_bus_message_is_signal(message, "org.freedesktop.DBus.Local", "Disconnected") > 0)
        return tearDownSoon(closed);
    const bool acquired = sd_bus_message_is_signal(message, driverName, "NameAcquired") > 0;
    const bool nameLost = sd_bus_message_is_signal(message, driverName, "NameLost") > 0;
    const char* name = nullptr;
    if ((!acquired && !nameLost) || sd_bus_message_read(message, "s", &name) < 0)
        return;
    sd_bus_message_rewind(message, 1);
    if (std::string_view{name} != busName)
        return;
    if (acquired)
        return nameIsOurs();
    named_ = false;
    tell(Told::noName, "the bus name org.fwdguard1 was taken away");
    retryLater(Next::requestName);
}

void Connection::nameIsOurs()
{
    named_ = true;
    backoff_ = firstRetry;
    tell(Told::connected, "");
}

void Connection::tearDown() noexcept
{
    timer_.disarm();
    named_ = false;
    handshake_.reset();
    opening_.reset();
    if (!opened_.connection)
        return;
    listener_.disconnected();
    nameCall_.reset();
    filter_.reset();
    // sdbus-c++ flushes when it is destroyed, which would wait for a bus daemon that does not read.
    sd_bus_close(opened_.bus);
    opened_ = {};
}

void Connection::after(std::chrono::milliseconds delay, Next next)
{
    next_ = next;
    timer_.arm(delay);
}

void Connection::tearDownSoon(std::string why)
{
    ending_ = std::move(why);
    after(0ms, Next::tearDown);
}

void Connection::giveUp(const std::string& why)
{
    if (opened_.connection)
        tearDownSoon("the system bus did not take a message: " + why);
}

void Connection::retryLater(Next next)
{
    after(backoff_, next);
    backoff_ = std::min(backoff_ * 2, lastRetry);
}

void Connection::lost(Told what, const std::string& why)
{
    tearDown();
    retryLater(Next::open);
    tell(what, why);
}

void Connection::tell(Told what, const std::string& why)
{
    if (std::exchange(told_, what) != what)
        onChange_(what == Told::connected, why);
}

} // namespace fwdguard::bus
