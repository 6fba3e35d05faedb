// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/netns.hpp"

#include "sys/owned_fd.hpp"

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sched.h>

#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace fwdguard::sys {

namespace {

constexpr const char* wanted =
    "wanted is a network namespace, such as /run/netns/NAME (made by \"ip netns add NAME\") or "
    "/proc/PID/ns/net";

[[noreturn]] void refuse(int error, const std::filesystem::path& file, const std::string& found)
{
    throw std::system_error(
        error, std::system_category(), file.string() + ": " + found + "; " + wanted);
}

std::string describeFile(int fd)
{
    struct stat info {};
    if (::fstat(fd, &info) != 0)
        return "something unknown";
    switch (info.st_mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFREG:
        return "a regular file";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    default:
        return "a pipe or something like it";
    }
}

void requireNetns(int fd, const std::filesystem::path& file)
{
    // ENOTTY: not a namespace file at all (ioctl_ns(2)). `ip netns add` leaves an empty regular
    // file behind when its mount is gone.
    const int type = ::ioctl(fd, NS_GET_NSTYPE);
    if (type == CLONE_NEWNET)
        return;
    refuse(EINVAL, file, "found " + (type < 0 ? describeFile(fd) : "a namespace of another type"));
}

/// nullopt: the kernel knows no cookies.
std::optional<std::uint64_t> currentCookie()
{
    // Of any kind: a socket belongs to the network namespace that it is made in.
    const OwnedFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket)
        throw std::system_error(errno, std::system_category(), "socket");
    std::uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    if (::getsockopt(socket.value(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0)
        return std::nullopt;
    return cookie;
}

/// The initial network namespace is the first one that is given a cookie. From Linux 6.18 on other
/// kinds of namespaces take from the same count, but since 6.17 its inode is fixed (NET_NS_INIT_INO
/// in linux/nsfs.h).
bool isOfHost(const NetnsId& netns, std::uint64_t cookie)
{
    constexpr std::uint64_t firstCookie = 1;
    constexpr ino_t fixedInode = 0xEFFFFFF9;
    return netns.inode == fixedInode || cookie == firstCookie;
}

} // namespace

NetnsId currentNetns()
{
    struct stat info {};
    if (::stat("/proc/thread-self/ns/net", &info) != 0)
        throw std::system_error(errno, std::system_category(), "/proc/thread-self/ns/net");
    return {.device = info.st_dev, .inode = info.st_ino};
}

std::optional<std::string> lastingNetnsName()
{
    const std::optional<std::uint64_t> cookie = currentCookie();
    if (!cookie)
        return std::nullopt;
    if (isOfHost(currentNetns(), *cookie))
        return "host";
    std::string boot;
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    if (!std::getline(file, boot) || boot.empty())
        return std::nullopt;
    return boot + '/' + std::to_string(*cookie);
}

void enterNetns(const std::filesystem::path& file)
{
    // O_NONBLOCK: the open of a pipe must not wait for a writer.
    const OwnedFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd)
        refuse(errno, file, "it cannot be opened");
    requireNetns(fd.value(), file);
    if (::setns(fd.value(), CLONE_NEWNET) != 0)
        throw std::system_error(
            errno,
            std::system_category(),
            file.string() +
                ": cannot enter this network namespace; that needs CAP_SYS_ADMIN (root)");
}

} // namespace fwdguard::sys
