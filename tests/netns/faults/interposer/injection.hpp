// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>

#include <dlfcn.h>

namespace fwdguard::faults {

/// What happens to one system call instead of what it was made for.
enum class Effect : std::uint8_t {
    none,
    error,     ///< it fails with `number` and does nothing
    lost,      ///< it is done, and fails with `number`; what a receive brought is gone
    answer,    ///< nothing is sent; the kernel seems to refuse each message with `number`
    truncated, ///< half of what was received, and MSG_TRUNC where there is such a flag
    cut,       ///< what was received lacks its last bytes, and nothing says so
    empty,     ///< a message of no bytes
    stranger,  ///< what was received comes from another process
};

struct Injected {
    Effect effect = Effect::none;
    int number = 0;
};

/// To be asked at each call; tells the log of the call, or of the fault. `what` is of whatKind().
Injected injected(const char* function, const std::string& what);

/// What a file descriptor is: "audit", "route", "raw", "bus", "datagram", "names", "lock",
/// "eventfd" and so on; a netfilter socket has the name that the environment gives to it.
std::string whatKind(int fd);
std::string whatKind(const char* path);

/// What socket(2) is about to make, and what it made.
std::string whatSocket(int domain, int type, int protocol);
void opened(int fd, int domain, int protocol);

/// The same function of whoever comes behind us.
template <class Function>
Function* behind(const char* name)
{
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// Makes a call that returns -1 when it fails, or fails in its place.
template <class Call>
auto attempt(Injected order, const Call& call) -> decltype(call())
{
    if (order.effect != Effect::error && order.effect != Effect::lost)
        return call();
    if (order.effect == Effect::lost)
        static_cast<void>(call());
    errno = order.number;
    return -1;
}

} // namespace fwdguard::faults
