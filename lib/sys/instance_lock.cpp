// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/instance_lock.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

#include <fcntl.h>

#include <sys/file.h>
#include <sys/stat.h>

namespace fwdguard::sys {

namespace {

[[noreturn]] void fail(int error, const std::filesystem::path& path, const char* doing)
{
    throw std::system_error(
        error, std::system_category(), path.string() + ": cannot " + doing + " the instance lock");
}

/// Refuses everything that somebody could have put in the place of our own file.
OwnedFd openLockFile(const std::filesystem::path& path)
{
    // 0600: who can open it can lock it, and with that keep the guard from starting.
    OwnedFd fd(::open(
        path.c_str(),
        O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
        S_IRUSR | S_IWUSR));
    if (!fd)
        fail(errno, path, "open");
    struct stat info {};
    if (::fstat(fd.value(), &info) != 0)
        fail(errno, path, "examine");
    if (!S_ISREG(info.st_mode) || info.st_nlink != 1)
        fail(EEXIST, path, "use another file as");
    return fd;
}

OtherInstance readOwner(int fd)
{
    std::array<char, 64> buffer{};
    const ssize_t length = ::pread(fd, buffer.data(), buffer.size(), 0);
    std::string_view text(buffer.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    text = text.substr(0, text.find('\n'));
    OtherInstance other{.pid = std::nullopt, .comm = "another fwd-guard"};
    const std::size_t space = text.find(' ');
    std::uint32_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (space == std::string_view::npos || error != std::errc{} || end != text.data() + space)
        return other;
    other.pid = pid;
    other.comm = text.substr(space + 1);
    return other;
}

std::string ownComm()
{
    std::ifstream file("/proc/self/comm");
    std::string comm;
    std::getline(file, comm);
    return comm;
}

void writeOwner(int fd, const std::filesystem::path& path)
{
    const std::string text = std::to_string(::getpid()) + ' ' + ownComm() + '\n';
    if (::ftruncate(fd, 0) != 0 ||
        ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        fail(errno, path, "write");
}

} // namespace

std::string OtherInstance::describe() const
{
    const std::string who = pid ? comm + " (pid " + std::to_string(*pid) + ')' : comm;
    return who + " already guards this network namespace";
}

std::filesystem::path lockDirectory()
{
    // systemd.exec(5): several directories are separated by colons.
    const char* given = std::getenv("RUNTIME_DIRECTORY"); // NOLINT(concurrency-mt-unsafe)
    const std::string_view list = given != nullptr ? given : "";
    if (list.empty())
        return "/run/fwd-guard";
    return list.substr(0, list.find(':'));
}

std::variant<InstanceLock, OtherInstance>
lockInstance(const NetnsId& netns, const std::filesystem::path& directory)
{
    if (::mkdir(directory.c_str(), 0755) != 0 &&
        errno != EEXIST) // NOLINT(readability-magic-numbers)
        throw std::system_error(
            errno, std::system_category(), directory.string() + ": cannot create this directory");
    const auto path = directory / ("netns-" + std::to_string(netns.inode) + ".lock");
    OwnedFd fd = openLockFile(path);
    if (::flock(fd.value(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            fail(errno, path, "take");
        return readOwner(fd.value());
    }
    writeOwner(fd.value(), path);
    return InstanceLock(std::move(fd));
}

} // namespace fwdguard::sys
