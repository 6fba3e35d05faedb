// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/notify.hpp"

#include "sys/owned_fd.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

namespace fwdguard::sys {

namespace {

/// Each assignment is a line, so a value must be one.
std::string statusLine(std::string_view status)
{
    std::string line = "STATUS=";
    for (const char c : status)
        line += c == '\n' ? ' ' : c;
    return line;
}

struct SocketAddress {
    sockaddr_un name{};
    socklen_t size = 0;
};

/// From $NOTIFY_SOCKET: a path, or a name in the abstract namespace after '@'.
std::optional<SocketAddress> serviceManager()
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    const char* const variable = std::getenv("NOTIFY_SOCKET");
    const std::string_view path = variable != nullptr ? variable : "";
    SocketAddress address;
    if (path.empty() || path.size() >= sizeof address.name.sun_path)
        return std::nullopt;
    address.name.sun_family = AF_UNIX;
    path.copy(address.name.sun_path, path.size());
    if (path.front() == '@')
        address.name.sun_path[0] = '\0';
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    return address;
}

} // namespace

void notifyReady(std::string_view status)
{
    sd_notify(0, ("READY=1\n" + statusLine(status)).c_str());
}

void notifyReloading()
{
    using std::chrono::microseconds;
    // steady_clock is CLOCK_MONOTONIC, which is what the service manager compares with.
    const auto now = std::chrono::duration_cast<microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count())).c_str());
}

void notifyStopping()
{
    sd_notify(0, "STOPPING=1");
}

bool notifyStatus(std::string_view status)
{
    // sd_notify() would wait, and meanwhile no rule would be repaired.
    const auto address = serviceManager();
    if (!address)
        return true;
    const OwnedFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const std::string line = statusLine(status);
    const ssize_t sent = ::sendto(
        socket.value(),
        line.data(),
        line.size(),
        MSG_DONTWAIT | MSG_NOSIGNAL,
        reinterpret_cast<const sockaddr*>(&address->name),
        address->size);
    return sent >= 0 || errno != EAGAIN;
}

} // namespace fwdguard::sys
