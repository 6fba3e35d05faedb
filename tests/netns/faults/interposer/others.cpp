// SPDX-License-Identifier: GPL-2.0-or-later
// The system calls on anything but sockets.
#include "injection.hpp"

#include <cerrno>
#include <csignal>
#include <cstdarg>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

using namespace fwdguard::faults;

namespace {

/// The mode is there only when a file may be created.
mode_t modeOf(int flags, va_list arguments)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

using Open = int(const char*, int, ...);
using OpenAt = int(int, const char*, int, ...);

int openBehind(Open* next, const char* path, int flags, mode_t mode)
{
    return attempt(injected("open", whatKind(path)), [&] { return next(path, flags, mode); });
}

int openAtBehind(OpenAt* next, int directory, const char* path, int flags, mode_t mode)
{
    return attempt(
        injected("openat", whatKind(path)), [&] { return next(directory, path, flags, mode); });
}

} // namespace

extern "C" {

// NOLINTBEGIN(cert-dcl50-cpp,cppcoreguidelines-pro-vararg): as the C library declares them
int open(const char* path, int flags, ...)
{
    static auto* const next = behind<Open>("open");
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = modeOf(flags, arguments);
    va_end(arguments);
    return openBehind(next, path, flags, mode);
}

int open64(const char* path, int flags, ...)
{
    static auto* const next = behind<Open>("open64");
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = modeOf(flags, arguments);
    va_end(arguments);
    return openBehind(next, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...)
{
    static auto* const next = behind<OpenAt>("openat");
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = modeOf(flags, arguments);
    va_end(arguments);
    return openAtBehind(next, directory, path, flags, mode);
}

int openat64(int directory, const char* path, int flags, ...)
{
    static auto* const next = behind<OpenAt>("openat64");
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = modeOf(flags, arguments);
    va_end(arguments);
    return openAtBehind(next, directory, path, flags, mode);
}
// NOLINTEND(cert-dcl50-cpp,cppcoreguidelines-pro-vararg)

int flock(int fd, int operation) noexcept
{
    static auto* const next = behind<decltype(flock)>("flock");
    return attempt(injected("flock", whatKind(fd)), [&] { return next(fd, operation); });
}

ssize_t read(int fd, void* data, size_t size)
{
    static auto* const next = behind<decltype(read)>("read");
    return attempt(injected("read", whatKind(fd)), [&] { return next(fd, data, size); });
}

ssize_t pread(int fd, void* data, size_t size, off_t offset)
{
    static auto* const next = behind<decltype(pread)>("pread");
    return attempt(injected("pread", whatKind(fd)), [&] { return next(fd, data, size, offset); });
}

ssize_t write(int fd, const void* data, size_t size)
{
    static auto* const next = behind<decltype(write)>("write");
    return attempt(injected("write", whatKind(fd)), [&] { return next(fd, data, size); });
}

ssize_t writev(int fd, const iovec* parts, int count)
{
    static auto* const next = behind<decltype(writev)>("writev");
    return attempt(injected("writev", whatKind(fd)), [&] { return next(fd, parts, count); });
}

int poll(pollfd* waits, nfds_t count, int timeout)
{
    static auto* const next = behind<decltype(poll)>("poll");
    return attempt(
        injected("poll", whatKind(waits[0].fd)), [&] { return next(waits, count, timeout); });
}

int ppoll(pollfd* waits, nfds_t count, const timespec* timeout, const sigset_t* signals)
{
    static auto* const next = behind<decltype(ppoll)>("ppoll");
    return attempt(injected("ppoll", whatKind(waits[0].fd)), [&] {
        return next(waits, count, timeout, signals);
    });
}

int epoll_create1(int flags) noexcept
{
    static auto* const next = behind<decltype(epoll_create1)>("epoll_create1");
    return attempt(injected("epoll_create1", "eventpoll"), [&] { return next(flags); });
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept
{
    static auto* const next = behind<decltype(epoll_ctl)>("epoll_ctl");
    return attempt(
        injected("epoll_ctl", whatKind(fd)), [&] { return next(epoll, operation, fd, event); });
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout)
{
    static auto* const next = behind<decltype(epoll_wait)>("epoll_wait");
    return attempt(
        injected("epoll_wait", "eventpoll"), [&] { return next(epoll, events, most, timeout); });
}

int eventfd(unsigned int value, int flags) noexcept
{
    static auto* const next = behind<decltype(eventfd)>("eventfd");
    return attempt(injected("eventfd", "eventfd"), [&] { return next(value, flags); });
}

int timerfd_create(clockid_t clock, int flags) noexcept
{
    static auto* const next = behind<decltype(timerfd_create)>("timerfd_create");
    return attempt(injected("timerfd_create", "timerfd"), [&] { return next(clock, flags); });
}

int timerfd_settime(int fd, int flags, const itimerspec* when, itimerspec* before) noexcept
{
    static auto* const next = behind<decltype(timerfd_settime)>("timerfd_settime");
    return attempt(
        injected("timerfd_settime", "timerfd"), [&] { return next(fd, flags, when, before); });
}

int signalfd(int fd, const sigset_t* signals, int flags) noexcept
{
    static auto* const next = behind<decltype(signalfd)>("signalfd");
    return attempt(injected("signalfd", "signalfd"), [&] { return next(fd, signals, flags); });
}

int inotify_init1(int flags) noexcept
{
    static auto* const next = behind<decltype(inotify_init1)>("inotify_init1");
    return attempt(injected("inotify_init1", "inotify"), [&] { return next(flags); });
}

int inotify_add_watch(int fd, const char* path, std::uint32_t mask) noexcept
{
    static auto* const next = behind<decltype(inotify_add_watch)>("inotify_add_watch");
    return attempt(
        injected("inotify_add_watch", whatKind(path)), [&] { return next(fd, path, mask); });
}

} // extern "C"
