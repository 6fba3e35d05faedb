// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/service_manager.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include <sys/epoll.h>
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

std::string pathOfSocket()
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    const char* const path = std::getenv("NOTIFY_SOCKET");
    return path != nullptr ? path : "";
}

} // namespace

ServiceManager::ServiceManager(EventLoop& loop)
    : loop_(loop), path_(pathOfSocket()), beat_(loop.addTimer([this] { beat(); }))
{
}

void ServiceManager::ready(std::string_view status)
{
    say(Kind::ready, "READY=1\n" + statusLine(status));
}

void ServiceManager::reloading()
{
    using std::chrono::microseconds;
    // steady_clock is CLOCK_MONOTONIC, which is what the service manager compares with.
    const auto now = std::chrono::duration_cast<microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    say(Kind::reloading, "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void ServiceManager::stopping()
{
    say(Kind::stopping, "STOPPING=1");
}

void ServiceManager::status(std::string_view status)
{
    say(Kind::status, statusLine(status));
}

void ServiceManager::feedWatchdog(std::function<void()> awake)
{
    std::uint64_t patience = 0;
    if (sd_watchdog_enabled(0, &patience) <= 0)
        return;
    beatEvery_ = std::chrono::microseconds(patience / 2);
    awake_ = std::move(awake);
    beat();
}

void ServiceManager::beat()
{
    say(Kind::watchdog, "WATCHDOG=1");
    beat_.arm(std::chrono::steady_clock::now() + beatEvery_);
    awake_();
}

void ServiceManager::say(Kind kind, std::string text)
{
    if (path_.empty())
        return;
    std::erase_if(waiting_, [kind](const Message& message) { return message.kind == kind; });
    waiting_.push_back({.kind = kind, .text = std::move(text)});
    if (!writable_)
        sendWaiting();
}

void ServiceManager::sendWaiting()
{
    while (!waiting_.empty()) {
        if (!send(waiting_.front().text)) {
            if (!writable_)
                writable_ = loop_.addIo(
                    socket_.value(),
                    [this](std::uint32_t) { sendWaiting(); },
                    Priority::last,
                    EPOLLOUT);
            return;
        }
        waiting_.pop_front();
    }
    writable_ = {};
    socket_.reset();
}

bool ServiceManager::send(std::string_view text)
{
    if (!socket_ && !connect())
        return true;
    return ::send(socket_.value(), text.data(), text.size(), MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
}

bool ServiceManager::connect()
{
    sockaddr_un address{};
    if (path_.size() >= sizeof address.sun_path)
        return false;
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    if (path_.front() == '@')
        address.sun_path[0] = '\0';
    // Connected, because only then the loop can tell when there is room for another message.
    OwnedFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    if (::connect(socket.value(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
        return false;
    socket_ = std::move(socket);
    return true;
}

} // namespace fwdguard::sys
