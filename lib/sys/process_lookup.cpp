// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/process_lookup.hpp"

#include "sys/owned_fd.hpp"
#include "sys/process_text.hpp"

#include <array>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace fwdguard::sys {

namespace {

/// PROC_PID_INIT_INO of include/linux/proc_ns.h: fixed, so that it can be known from inside.
constexpr const char* initialPidNamespace = "pid:[4026531836]";

/// Room for a file or a link of a process; more is not wanted of any.
struct Room {
    std::array<char, 4096> bytes; ///< not cleared: who asks is in a hurry

    [[nodiscard]] std::optional<std::string> text(ssize_t length) const
    {
        if (length < 0)
            return std::nullopt;
        return std::string(bytes.data(), static_cast<std::size_t>(length));
    }
};

/// One file of a process, which the kernel gives in one piece (seq_read_iter,
/// proc_pid_cmdline_read). Nothing when it is gone or not ours to see.
std::optional<std::string> readFile(int directory, const char* name)
{
    const OwnedFd fd(::openat(directory, name, O_RDONLY | O_CLOEXEC));
    if (!fd)
        return std::nullopt;
    Room room;
    return room.text(::read(fd.value(), room.bytes.data(), room.bytes.size()));
}

std::optional<std::string> readLink(int directory, const char* name)
{
    Room room;
    return room.text(::readlinkat(directory, name, room.bytes.data(), room.bytes.size()));
}

std::optional<std::string> commOf(int process)
{
    auto comm = readFile(process, "comm");
    if (comm && comm->ends_with('\n'))
        comm->pop_back();
    return comm;
}

/// The directory of one process (or thread: /proc lists processes only, but opens threads by id as
/// well). It stays bound to that process when the pid is used again.
OwnedFd openProcess(const std::filesystem::path& proc, std::uint32_t pid)
{
    const auto path = proc / std::to_string(pid);
    return OwnedFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::optional<std::string> exeOf(int process)
{
    // proc(5): the kernel says so when the file has been replaced since, as an upgrade does.
    constexpr std::string_view replaced = " (deleted)";
    auto exe = readLink(process, "exe");
    if (exe && exe->ends_with(replaced))
        exe->resize(exe->size() - replaced.size());
    return exe;
}

std::optional<ParentProcess> parentOf(const std::filesystem::path& proc, const std::string& stat)
{
    const auto pid = parentPidOfStat(stat);
    if (!pid)
        return std::nullopt;
    const OwnedFd directory = openProcess(proc, *pid);
    auto comm = directory ? commOf(directory.value()) : std::nullopt;
    if (!comm)
        return std::nullopt;
    return ParentProcess{.pid = *pid, .comm = *std::move(comm)};
}

} // namespace

ProcessLookup::ProcessLookup(std::filesystem::path proc) : proc_(std::move(proc))
{
    initialPidNamespace_ =
        readLink(AT_FDCWD, (proc_ / "self/ns/pid").c_str()) == initialPidNamespace;
}

Cause ProcessLookup::identify(const Committer& committer) const
{
    Cause cause{.pid = committer.pid, .comm = committer.comm};
    if (!initialPidNamespace_)
        return cause;
    const OwnedFd process = openProcess(proc_, committer.pid);
    // Another name: the pid has been used again, or the process runs another program by now.
    if (!process || commOf(process.value()) != committer.comm)
        return cause;
    // In the order in which they go when the process exits.
    if (const auto cmdline = readFile(process.value(), "cmdline"))
        cause.cmdline = commandLineOf(*cmdline);
    cause.exe = exeOf(process.value());
    if (const auto cgroup = readFile(process.value(), "cgroup"))
        cause.unit = unitOfCgroups(*cgroup);
    if (const auto stat = readFile(process.value(), "stat"))
        cause.parent = parentOf(proc_, *stat);
    if (const auto status = readFile(process.value(), "status"))
        cause.pid = processIdOfStatus(*status).value_or(committer.pid);
    return cause;
}

} // namespace fwdguard::sys
