// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/process.hpp"

#include "bench/damage.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

namespace fwdguard::bench {

namespace fs = std::filesystem;

pid_t spawn()
{
    const pid_t pid = fork();
    if (pid < 0)
        throw std::system_error(errno, std::generic_category(), "fork");
    if (pid == 0) {
        setsid(); // as the service manager does, and with it a scheduling group of its own
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return pid;
}

void stop(pid_t pid)
{
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL); // before it leads its group
    waitpid(pid, nullptr, 0);
}

fs::path makeScratch()
{
    std::string pattern = (fs::temp_directory_path() / "fwd-guard-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), pattern);
    return pattern;
}

ScratchFile::ScratchFile(const std::string& text) : path_(makeScratch() / "file")
{
    std::ofstream(path_) << text;
}

ScratchFile::~ScratchFile()
{
    std::error_code ignored; // a scratch folder that stays is no reason to end differently
    fs::remove_all(path_.parent_path(), ignored);
}

Namespace::Namespace()
{
    if (unshare(CLONE_NEWNET) != 0)
        throw std::system_error(
            errno, std::generic_category(), "no network namespace of its own, run it as root");
    fd_ = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    must("iptables -P FORWARD DROP >/dev/null 2>&1");
}

Namespace::~Namespace()
{
    close(fd_);
}

void Namespace::enter() const
{
    if (setns(fd_, CLONE_NEWNET) != 0)
        throw std::system_error(errno, std::generic_category(), "entering a network namespace");
}

} // namespace fwdguard::bench
