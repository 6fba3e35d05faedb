// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/event_loop.hpp"
#include "sys/owned_fd.hpp"
#include "sys/service_manager.hpp"
#include "unit/sys/scratch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>

using namespace fwdguard;

namespace {

/// Stands in for the service manager's end.
class Manager {
  public:
    Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        const std::string path = scratch_.path() / "notify";
        address_.sun_family = AF_UNIX;
        std::ranges::copy(path, std::begin(address_.sun_path));
        REQUIRE(::bind(socket_.value(), address(), sizeof address_) == 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

    /// The next message; empty when there is none.
    [[nodiscard]] std::string received() const
    {
        std::array<char, 4096> buffer{};
        const ssize_t length = ::recv(socket_.value(), buffer.data(), buffer.size(), 0);
        return length < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(length));
    }

    /// Lets somebody else say so much that no other message gets in.
    void fill() const
    {
        const sys::OwnedFd other{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        while (::sendto(other.value(), "X=1", 3, 0, address(), sizeof address_) >= 0)
            continue;
        REQUIRE(errno == EAGAIN);
    }

    /// All that is there, but for what fill() put there.
    [[nodiscard]] std::vector<std::string> drain() const
    {
        std::vector<std::string> all;
        for (std::string text = received(); !text.empty(); text = received())
            if (text != "X=1")
                all.push_back(text);
        return all;
    }

  private:
    [[nodiscard]] const sockaddr* address() const
    {
        return reinterpret_cast<const sockaddr*>(&address_);
    }

    test::Scratch scratch_;
    sys::OwnedFd socket_;
    sockaddr_un address_{};
};

/// Long enough for whatever is ready.
void turn(sys::EventLoop& loop)
{
    sys::Timer end = loop.addTimer([&] { loop.exit(0); });
    end.arm(std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
    loop.run();
}

} // namespace

TEST_CASE("the service manager hears each state in sd_notify's words")
{
    const Manager manager;
    sys::EventLoop loop;
    sys::ServiceManager told(loop);
    told.ready("guards 2 rules");
    CHECK(manager.received() == "READY=1\nSTATUS=guards 2 rules");
    told.status("2 rules\nSTOPPING=1");
    CHECK(manager.received() == "STATUS=2 rules STOPPING=1");
    told.stopping();
    CHECK(manager.received() == "STOPPING=1");
}

TEST_CASE("a reload carries the monotonic time at which it began")
{
    const Manager manager;
    sys::EventLoop loop;
    sys::ServiceManager told(loop);
    const auto before = std::chrono::steady_clock::now();
    told.reloading();
    const std::string text = manager.received();
    const std::string start = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(text.starts_with(start));
    const std::chrono::microseconds when(std::stoll(text.substr(start.size())));
    CHECK(when >= floor<std::chrono::microseconds>(before.time_since_epoch()));
    CHECK(when <= std::chrono::steady_clock::now().time_since_epoch());
}

TEST_CASE("while the service manager does not read, the newest message of each kind waits")
{
    const Manager manager;
    manager.fill();
    sys::EventLoop loop;
    sys::ServiceManager told(loop);
    told.ready("started");
    told.status("one");
    told.status("two");
    for (const char* const state : {"reloaded", "reloaded again"}) {
        told.reloading();
        told.ready(state);
    }
    CHECK(manager.drain().empty());

    turn(loop);
    const std::vector<std::string> heard = manager.drain();
    REQUIRE(heard.size() == 3);
    CHECK(heard[0] == "STATUS=two");
    CHECK(heard[1].starts_with("RELOADING=1\n"));
    CHECK(heard[2] == "READY=1\nSTATUS=reloaded again");

    told.stopping();
    CHECK(manager.received() == "STOPPING=1");
}

TEST_CASE("a message behind one that waits does not overtake it")
{
    const Manager manager;
    manager.fill();
    sys::EventLoop loop;
    sys::ServiceManager told(loop);
    told.reloading();
    CHECK(manager.drain().empty()); // there is room from now on
    told.ready("reloaded");
    CHECK(manager.drain().empty());
    turn(loop);
    const std::vector<std::string> heard = manager.drain();
    REQUIRE(heard.size() == 2);
    CHECK(heard[0].starts_with("RELOADING=1\n"));
    CHECK(heard[1] == "READY=1\nSTATUS=reloaded");
}

TEST_CASE("the watchdog is fed by the loop, and only when the service manager asks for it")
{
    const Manager manager;
    std::size_t awake = 0;
    const auto count = [&awake] { ++awake; };
    ::unsetenv("WATCHDOG_PID");
    ::unsetenv("WATCHDOG_USEC");
    {
        sys::EventLoop loop;
        sys::ServiceManager told(loop);
        told.feedWatchdog(count);
        turn(loop);
        CHECK(manager.drain().empty());
        CHECK(awake == 0);
    }
    ::setenv("WATCHDOG_USEC", "20000", 1);
    {
        sys::EventLoop loop;
        sys::ServiceManager told(loop);
        told.feedWatchdog(count);
        CHECK(manager.received() == "WATCHDOG=1");
        turn(loop);
        CHECK(manager.drain().size() > 1);
        CHECK(awake > 2);
    }
    ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("without a service manager nothing is said and nothing fails")
{
    ::unsetenv("NOTIFY_SOCKET");
    sys::EventLoop loop;
    sys::ServiceManager told(loop);
    CHECK_NOTHROW(told.ready("alone"));
}

TEST_CASE("a service manager that has gone is no reason to end")
{
    sys::EventLoop loop;
    const test::Scratch scratch;
    ::setenv("NOTIFY_SOCKET", (scratch.path() / "nobody").c_str(), 1);
    sys::ServiceManager told(loop);
    CHECK_NOTHROW(told.ready("alone"));
    turn(loop);
    ::unsetenv("NOTIFY_SOCKET");
}
