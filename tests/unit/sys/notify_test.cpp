// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/notify.hpp"
#include "sys/owned_fd.hpp"
#include "unit/sys/scratch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string>

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
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(path, std::begin(address.sun_path));
        REQUIRE(
            ::bind(socket_.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

    [[nodiscard]] std::string received() const
    {
        std::array<char, 4096> buffer{};
        const ssize_t length = ::recv(socket_.value(), buffer.data(), buffer.size(), 0);
        return length < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(length));
    }

  private:
    test::Scratch scratch_;
    sys::OwnedFd socket_;
};

} // namespace

TEST_CASE("the service manager hears each state in sd_notify's words")
{
    const Manager manager;
    sys::notifyReady("guards 2 rules");
    CHECK(manager.received() == "READY=1\nSTATUS=guards 2 rules");
    CHECK(sys::notifyStatus("2 rules\nSTOPPING=1"));
    CHECK(manager.received() == "STATUS=2 rules STOPPING=1");
    sys::notifyStopping();
    CHECK(manager.received() == "STOPPING=1");
}

TEST_CASE("a reload carries the monotonic time at which it began")
{
    const Manager manager;
    const auto before = std::chrono::steady_clock::now();
    sys::notifyReloading();
    const std::string text = manager.received();
    const std::string start = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(text.starts_with(start));
    const std::chrono::microseconds told(std::stoll(text.substr(start.size())));
    CHECK(told >= floor<std::chrono::microseconds>(before.time_since_epoch()));
    CHECK(told <= std::chrono::steady_clock::now().time_since_epoch());
}

TEST_CASE("without a service manager nothing is said and nothing fails")
{
    ::unsetenv("NOTIFY_SOCKET");
    CHECK_NOTHROW(sys::notifyReady("alone"));
}
