// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/sd_bus_handles.hpp"
#include "bus/sdbus_shim.hpp"
#include "bus/timer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace fwdguard::bus {

/// Tells whether the bus name is ours; `why` says in words why not.
using ConnectionChanged = std::function<void(bool connected, const std::string& why)>;

/// The system bus as the guard uses it: connects, connects again, owns the name org.fwdguard1.
/// Nothing here waits for the bus daemon, and no failure leaves this class but through the
/// callback.
class Connection {
  public:
    /// Owns the objects. Both functions may throw; connected() then counts as a failed attempt.
    class Listener {
      public:
        Listener() = default;
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;
        virtual ~Listener() = default;

        /// Time to put the objects on the bus; the name is requested right after.
        virtual void connected(const shim::Opened& opened) = 0;
        /// Time to let go of everything that uses the connection; it is gone after this.
        virtual void disconnected() noexcept = 0;
    };

    /// Throws std::system_error. `listener` must outlive this.
    Connection(sd_event* event, Listener& listener, ConnectionChanged onChange);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Begins with the next turn of the event loop.
    void start();

    /// Closes the connection and tries again later: the bus did not take a message. Whoever waits
    /// for a reply hears of that end at once, and of nothing otherwise. Does nothing without a
    /// connection.
    void giveUp(const std::string& why);

    /// Whether the name is ours.
    [[nodiscard]] bool named() const { return named_; }

    /// Whether so much is waiting to be written that signals should wait as well: the bus daemon
    /// does not read, and what is queued takes our memory.
    [[nodiscard]] bool congested() const;

  private:
    /// What the timer does when it fires next.
    enum class Next : std::uint8_t { open, giveUpHandshake, establish, tearDown, requestName };
    /// What was told last; told again only when it changes.
    enum class Told : std::uint8_t { nothing, noBus, noName, connected };

    void step() noexcept;
    void open();
    void establish();
    void requestName();
    void tearDown() noexcept;
    void after(std::chrono::milliseconds delay, Next next);
    void tearDownSoon(std::string why);
    void retryLater(Next next);
    void lost(Told what, const std::string& why);
    void tell(Told what, const std::string& why);
    void nameIsOurs();

    static int onHandshake(sd_bus_message* reply, void* self, sd_bus_error* error) noexcept;
    static int onMessage(sd_bus_message* message, void* self, sd_bus_error* error) noexcept;
    static int onNameReply(sd_bus_message* reply, void* self, sd_bus_error* error) noexcept;
    void handshakeDone(sd_bus_message* reply);
    void nameReply(sd_bus_message* reply);
    void message(sd_bus_message* message);

    sd_event* event_;
    Listener& listener_;
    ConnectionChanged onChange_;
    Timer timer_;
    Next next_ = Next::open;
    std::string ending_; ///< why, for Next::tearDown
    Told told_ = Told::nothing;
    std::chrono::milliseconds backoff_;
    bool named_ = false;
    BusPtr opening_;
    SlotPtr handshake_;
    shim::Opened opened_;
    SlotPtr filter_;
    SlotPtr nameCall_;
};

} // namespace fwdguard::bus
