// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sys/event_loop.hpp"
#include "sys/owned_fd.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace fwdguard::sys {

/// What the service manager is told, in the words of sd_notify(3), whose functions wait while it
/// does not read: that would keep a repair waiting. Here messages wait instead, of each kind the
/// newest, and go out as the loop turns. Without a service manager ($NOTIFY_SOCKET) nothing is
/// said; a message that cannot be delivered at all is dropped, for there is nothing to be done
/// about it.
class ServiceManager {
  public:
    explicit ServiceManager(EventLoop& loop);

    /// Start-up or a reload is done. `status` is one line for `systemctl status`.
    void ready(std::string_view status);

    /// A reload begins. Carries the time that Type=notify-reload wants.
    void reloading();

    void stopping();

    void status(std::string_view status);

    /// From now on says that the loop turns, twice as often as $WATCHDOG_USEC asks; without it
    /// never. Each time `awake` is called, for what is not worth being woken for.
    void feedWatchdog(std::function<void()> awake);

  private:
    enum class Kind : std::uint8_t { ready, reloading, stopping, status, watchdog };
    struct Message {
        Kind kind{};
        std::string text{};
    };

    void say(Kind kind, std::string text);
    void beat();
    void sendWaiting();
    /// False: it does not read at present.
    [[nodiscard]] bool send(std::string_view text);
    [[nodiscard]] bool connect();

    EventLoop& loop_;
    std::string path_;            ///< of its socket; '@' begins an abstract name; empty: nobody
    std::deque<Message> waiting_; ///< oldest first
    OwnedFd socket_;              ///< open while something waits
    Source writable_;
    Timer beat_;
    std::chrono::microseconds beatEvery_{};
    std::function<void()> awake_;
};

} // namespace fwdguard::sys
