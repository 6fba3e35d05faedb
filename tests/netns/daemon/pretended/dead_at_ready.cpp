// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded, it ends the program as soon as that has told the service manager that it is ready:
// what stands then stood before.
#include "real.hpp"

#include <cstddef>
#include <string_view>

#include <unistd.h>

#include <sys/socket.h>

extern "C" ssize_t send(int socket, const void* data, std::size_t size, int flags)
{
    using Send = ssize_t (*)(int, const void*, std::size_t, int);
    static const auto next = real<Send>("send");
    const ssize_t sent = next(socket, data, size, flags);
    if (std::string_view(static_cast<const char*>(data), size).find("READY=1") !=
        std::string_view::npos)
        _exit(0);
    return sent;
}
