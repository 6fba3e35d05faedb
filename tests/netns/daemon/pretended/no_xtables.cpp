// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded, it makes the kernel look as if built without CONFIG_NETFILTER_XTABLES_LEGACY: the
// lists of legacy tables do not exist, and asking for one by its socket options is ENOPROTOOPT.
#include "real.hpp"

#include <cerrno>
#include <cstdarg>
#include <string_view>

#include <fcntl.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace {

bool isListOfTables(std::string_view path)
{
    return path.ends_with("_tables_names");
}

using Open = int (*)(const char*, int, ...);

int openUnlessHidden(const char* name, const char* path, int flags, mode_t mode)
{
    if (isListOfTables(path)) {
        errno = ENOENT;
        return -1;
    }
    return real<Open>(name)(path, flags, mode);
}

mode_t modeOf(int flags, va_list& rest)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

} // namespace

extern "C" int open(const char* path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = modeOf(flags, rest);
    va_end(rest);
    return openUnlessHidden("open", path, flags, mode);
}

extern "C" int open64(const char* path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = modeOf(flags, rest);
    va_end(rest);
    return openUnlessHidden("open64", path, flags, mode);
}

extern "C" int
getsockopt(int socket, int level, int option, void* value, socklen_t* length) noexcept
{
    constexpr int firstOfXtables = 64; // IPT_BASE_CTL, and the same for IPv6
    if ((level == IPPROTO_IP || level == IPPROTO_IPV6) && option >= firstOfXtables &&
        option < firstOfXtables + 4) {
        errno = ENOPROTOOPT;
        return -1;
    }
    using Get = int (*)(int, int, int, void*, socklen_t*);
    return real<Get>("getsockopt")(socket, level, option, value, length);
}
