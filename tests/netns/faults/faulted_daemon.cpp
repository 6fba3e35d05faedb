// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/faults/faulted_daemon.hpp"

#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace fwdguard::faults {

namespace {

using std::chrono::milliseconds;

[[noreturn]] void become(
    const std::vector<std::string>& arguments,
    const Environment& environment,
    const std::filesystem::path& log)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    dup2(fd, STDERR_FILENO);
    dup2(fd, STDOUT_FILENO);
    for (const auto& [name, value] : environment)
        setenv(name.c_str(), value.c_str(), 1);
    setenv("LD_PRELOAD", FWDGUARD_INTERPOSER, 1);
    // The sanitizers would be first otherwise; a finding of theirs has a status of its own.
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:exitcode=99:detect_leaks=1", 1);
    setenv("UBSAN_OPTIONS", "exitcode=99:print_stacktrace=1", 1);
    std::vector<char*> words{const_cast<char*>("fwd-guard")};
    for (const std::string& argument : arguments)
        words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    const char* daemon = std::getenv("FWDGUARD_FAULTS_DAEMON"); // NOLINT(concurrency-mt-unsafe)
    execv(daemon != nullptr ? daemon : FWDGUARD_DAEMON, words.data());
    _exit(127);
}

milliseconds timeOf(const timeval& time)
{
    return std::chrono::duration_cast<milliseconds>(
        std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec});
}

} // namespace

FaultedDaemon::FaultedDaemon(
    const std::vector<std::string>& arguments,
    const Environment& environment,
    const std::filesystem::path& log)
    : pid_(fork())
{
    if (pid_ == 0)
        become(arguments, environment, log);
}

FaultedDaemon::~FaultedDaemon()
{
    if (ended_)
        return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void FaultedDaemon::signal(int signo) const
{
    if (!ended_)
        kill(pid_, signo);
}

const std::optional<Ended>& FaultedDaemon::ended()
{
    int status = 0;
    rusage used{};
    if (ended_ || wait4(pid_, &status, WNOHANG, &used) != pid_)
        return ended_;
    ended_ = Ended{
        .cpu = timeOf(used.ru_utime) + timeOf(used.ru_stime),
        .wall =
            std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_)};
    if (WIFEXITED(status))
        ended_->status = WEXITSTATUS(status);
    else
        ended_->signal = WTERMSIG(status);
    return ended_;
}

} // namespace fwdguard::faults
