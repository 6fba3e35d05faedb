// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/netns.hpp"

#include "support/catch.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <sys/wait.h>

namespace fwdguard::test {

FreshNetns::FreshNetns() : home_{open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)}
{
    if (home_ < 0)
        throw std::system_error(errno, std::generic_category(), "opening our network namespace");
    if (unshare(CLONE_NEWNET) == 0)
        return;
    const std::error_code error{errno, std::generic_category()};
    close(home_);
    skip("no network namespace of our own: " + error.message());
}

FreshNetns::~FreshNetns()
{
    // Going on in the wrong namespace could touch the host's rules.
    if (setns(home_, CLONE_NEWNET) != 0)
        std::terminate();
    close(home_);
}

Output run(const std::string& command)
{
    FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "re");
    if (pipe == nullptr)
        throw std::system_error(errno, std::generic_category(), command);
    Output output;
    std::array<char, 4096> chunk{};
    std::size_t length = 0;
    while ((length = fread(chunk.data(), 1, chunk.size(), pipe)) > 0)
        output.text.append(chunk.data(), length);
    const int status = pclose(pipe);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return output;
}

std::string must(const std::string& command)
{
    auto output = run(command);
    INFO(command << "\n" << output.text);
    REQUIRE(output.status == 0);
    return std::move(output.text);
}

} // namespace fwdguard::test
