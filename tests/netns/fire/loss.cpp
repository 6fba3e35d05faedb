// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/fire/loss.hpp"

#include "netns/fire/batches.hpp"
#include "nft/watch.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <unistd.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace fwdguard::fire {

namespace {

std::string procOf(pid_t pid, const char* file)
{
    return "/proc/" + std::to_string(pid) + '/' + file;
}

int numberOf(int fd, int level, int option)
{
    int value = -1;
    socklen_t length = sizeof value;
    return getsockopt(fd, level, option, &value, &length) == 0 ? value : -1;
}

bool hearsOfTransactions(int fd)
{
    if (numberOf(fd, SOL_SOCKET, SO_DOMAIN) != AF_NETLINK ||
        numberOf(fd, SOL_SOCKET, SO_PROTOCOL) != NETLINK_NETFILTER)
        return false;
    constexpr std::uint32_t group = 1U << (NFNLGRP_NFTABLES - 1);
    std::array<std::uint32_t, 8> groups{};
    socklen_t length = sizeof groups;
    return getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups.data(), &length) == 0 &&
           (groups.front() & group) != 0;
}

/// Old C libraries have no names for these system calls.
int call(long number, int first, int second)
{
    const auto fd = static_cast<int>(syscall(number, first, second, 0U));
    if (fd < 0)
        throw std::system_error(errno, std::generic_category(), "another process's socket");
    return fd;
}

} // namespace

std::int64_t rssOf(pid_t pid)
{
    std::ifstream in(procOf(pid, "smaps_rollup"));
    for (std::string word; in >> word;)
        if (word == "Rss:") {
            std::int64_t kibibytes = 0;
            in >> kibibytes;
            return kibibytes;
        }
    throw std::runtime_error("no Rss in /proc/PID/smaps_rollup");
}

WatchSocketOf::WatchSocketOf(pid_t pid)
{
    const int process = call(SYS_pidfd_open, pid, 0);
    for (const auto& entry : std::filesystem::directory_iterator(procOf(pid, "fd"))) {
        std::error_code ignored; // a descriptor of another kind
        if (read_symlink(entry.path(), ignored).string().rfind("socket:", 0) != 0)
            continue;
        const int fd = call(SYS_pidfd_getfd, process, std::stoi(entry.path().filename()));
        if (hearsOfTransactions(fd)) {
            fd_ = fd;
            break;
        }
        close(fd);
    }
    close(process);
    if (fd_ < 0)
        throw std::runtime_error("the process does not hear of transactions");
}

WatchSocketOf::~WatchSocketOf()
{
    close(fd_);
}

void WatchSocketOf::setReceiveBuffer(int bytes) const
{
    if (setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        throw std::system_error(errno, std::generic_category(), "SO_RCVBUFFORCE");
}

void WatchSocketOf::detachFilter() const
{
    const int none = 0;
    if (setsockopt(fd_, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) != 0)
        throw std::system_error(errno, std::generic_category(), "SO_DETACH_FILTER");
}

std::size_t announcementsThatFit()
{
    constexpr std::size_t most = 100'000;
    nft::Watch watch{{}};
    Writer writer;
    const Batch change = Batch{}.append("FORWARD", 1, 1).flush("FORWARD").finish();
    // Taking them is the only way to hear of the loss: twice as many are made until one is.
    for (std::size_t count = 1'000; count <= most; count *= 2) {
        for (std::size_t i = 0; i < count; ++i)
            writer.commit(change);
        const Changes changes = watch.take(0);
        if (changes.overrun)
            return changes.transactions.size();
    }
    return most;
}

} // namespace fwdguard::fire
