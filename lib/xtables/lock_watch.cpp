// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/lock_watch.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <sys/inotify.h>

namespace fwdguard::xtables {

LockWatch::LockWatch() : inotify_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)}
{
    if (!inotify_)
        throw std::system_error{errno, std::system_category(), "watch the xtables lock"};
}

void LockWatch::watch(const std::filesystem::path& path) const
{
    const auto add = [&] {
        return ::inotify_add_watch(inotify_.get(), path.c_str(), IN_CLOSE) >= 0;
    };
    // The first who takes the lock would create the file and be gone before we could watch it.
    if (add() || errno != ENOENT)
        return;
    if (UniqueFd{::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600)})
        add();
}

bool LockWatch::take() const
{
    alignas(inotify_event) std::array<std::byte, 4096>
        buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read fills it
    bool heard = false;
    while (::read(inotify_.get(), buffer.data(), buffer.size()) > 0)
        heard = true;
    return heard;
}

} // namespace fwdguard::xtables
