// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/daemon/daemon_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace fwdguard::test {

namespace fs = std::filesystem;

namespace {

int notifySocket(const fs::path& path)
{
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    fs::remove(path);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error(errno, std::generic_category(), path.string());
    fs::permissions(path, fs::perms::all);
    return fd;
}

/// The shipped configuration of a checkout that belongs to somebody else would be refused.
std::string ownCopy(const std::string& argument, const fs::path& scratch)
{
    struct stat info {};
    const bool others = stat(argument.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
                        info.st_uid != geteuid() && !argument.starts_with(scratch.string());
    if (!others)
        return argument;
    const fs::path copy = scratch / "copies" / fs::path(argument).filename();
    fs::create_directory(copy.parent_path());
    fs::copy_file(argument, copy, fs::copy_options::overwrite_existing);
    return copy;
}

[[noreturn]] void
become(const std::vector<std::string>& command, const fs::path& scratch, const fs::path& log)
{
    const int fd = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
    dup2(fd, STDERR_FILENO);
    dup2(fd, STDOUT_FILENO);
    setenv("RUNTIME_DIRECTORY", scratch.c_str(), 1);
    setenv("STATE_DIRECTORY", (scratch / "state").c_str(), 1);
    std::vector<char*> words;
    for (const std::string& word : command)
        words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execvp(words.front(), words.data());
    _exit(127);
}

} // namespace

void pause()
{
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

Scratch::Scratch()
{
    std::string pattern = (fs::temp_directory_path() / "fwd-guard-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), pattern);
    path_ = pattern;
    // As /tmp: another user that a test runs something as may write here too, and is not taken for
    // one who could put another configuration in the place of ours.
    fs::permissions(path_, fs::perms::all | fs::perms::sticky_bit);
}

Scratch::~Scratch()
{
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path Scratch::write(const std::string& name, const std::string& text) const
{
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    const fs::path fresh = file.string() + ".new";
    std::ofstream(fresh) << text;
    fs::rename(fresh, file);
    return file;
}

DaemonProcess::Environment DaemonProcess::preloading(const std::string& library)
{
    return {{"LD_PRELOAD", library}, {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
}

DaemonProcess::DaemonProcess(
    const Scratch& scratch,
    const std::vector<std::string>& arguments,
    const Environment& environment,
    const std::vector<std::string>& command)
    : log_(scratch.path() / "log"), notify_(notifySocket(scratch.path() / "notify")), pid_(fork())
{
    if (pid_ != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("NOTIFY_SOCKET", (scratch.path() / "notify").c_str(), 1);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
    for (const auto& [name, value] : environment)
        setenv(name.c_str(), value.c_str(), 1);
    std::vector<std::string> words = command;
    for (const std::string& argument : arguments)
        words.push_back(ownCopy(argument, scratch.path()));
    become(words, scratch.path(), log_);
}

DaemonProcess::~DaemonProcess()
{
    if (!ended_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(notify_);
}

bool DaemonProcess::notified(const std::string& text)
{
    std::array<char, 4096> message{};
    ssize_t length = 0;
    while ((length = recv(notify_, message.data(), message.size(), 0)) >= 0)
        if (std::string_view(message.data(), static_cast<std::size_t>(length)).find(text) !=
            std::string_view::npos)
            return true;
    return false;
}

void DaemonProcess::fillNotifications() const
{
    sockaddr_un address{};
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (getsockname(notify_, name, &size) != 0)
        throw std::system_error(errno, std::generic_category(), "getsockname");
    const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    while (sendto(sender, "X=1", 3, MSG_DONTWAIT, name, size) >= 0) {
    }
    const int error = errno;
    close(sender);
    if (error != EAGAIN)
        throw std::system_error(error, std::generic_category(), "sendto");
}

std::string DaemonProcess::log() const
{
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
}

bool DaemonProcess::logged(const std::string& text) const
{
    return eventually([&] { return log().find(text) != std::string::npos; });
}

void DaemonProcess::signal(int signo) const
{
    kill(pid_, signo);
}

std::optional<int> DaemonProcess::exitStatus()
{
    int status = 0;
    ended_ = eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
    if (!ended_ || !WIFEXITED(status))
        return std::nullopt;
    return WEXITSTATUS(status);
}

} // namespace fwdguard::test
