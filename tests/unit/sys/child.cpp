// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/sys/child.hpp"

#include "sys/owned_fd.hpp"

#include <array>
#include <iostream>

#include <sched.h>
#include <unistd.h>

#include <sys/wait.h>

namespace fwdguard::test {

namespace {

constexpr int cannot = 77;

[[noreturn]] void childMain(int namespaces, int output, const std::function<std::string()>& work)
{
    if (namespaces != 0 && ::unshare(namespaces) != 0)
        ::_exit(cannot);
    std::string result;
    try {
        result = work();
    } catch (const std::exception& error) {
        result = std::string("threw: ") + error.what();
    }
    const bool written =
        ::write(output, result.data(), result.size()) == static_cast<ssize_t>(result.size());
    ::_exit(written ? 0 : 1);
}

std::string readAll(int fd)
{
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    return text;
}

} // namespace

std::optional<std::string> inChild(int namespaces, const std::function<std::string()>& work)
{
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        return "no pipe";
    const sys::OwnedFd input(ends[0]);
    sys::OwnedFd output(ends[1]);
    const pid_t child = ::fork();
    if (child == 0)
        childMain(namespaces, output.value(), work);
    output.reset();
    std::string result = readAll(input.value());
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == cannot) {
        std::cout << "SKIPPED: no namespaces of our own for this user\n";
        return std::nullopt;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? result : "died: " + result;
}

} // namespace fwdguard::test
