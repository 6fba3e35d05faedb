// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/inotify_events.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include <unistd.h>

namespace fwdguard::sys {

void readInotify(
    int inotify, const std::function<void(const inotify_event& event, const char* name)>& take)
{
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t length = ::read(inotify, buffer.data(), buffer.size());
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0 && errno != EAGAIN)
            throw std::system_error(errno, std::system_category(), "cannot read file changes");
        if (length <= 0)
            return;
        for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            take(event, event.len > 0 ? buffer.data() + at + sizeof event : "");
            at += sizeof event + event.len;
        }
    }
}

} // namespace fwdguard::sys
