// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/restorer.hpp"

#include "bench/process.hpp"
#include "bench/sockets.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

namespace fwdguard::bench {

namespace {

namespace fs = std::filesystem;

/// Tells of each commit as the daemon does of a repair.
[[noreturn]] void restoreBlindly(const Batch& insert, const std::set<std::uint32_t>& bystanders)
{
    Listener listener;
    Committer committer;
    for (;;) {
        const auto port = listener.next(std::chrono::hours(1));
        if (!port || *port == committer.port() || bystanders.contains(*port))
            continue;
        const Clock::time_point heard = Clock::now();
        committer.commit(insert);
        const std::chrono::duration<double, std::micro> exposure = Clock::now() - heard;
        dprintf(
            STDERR_FILENO, "to-docker0: deleted from FORWARD; after %.1f us\n", exposure.count());
    }
}

void scheduleOrEnd(const Scheduling& scheduling)
{
    if (schedule(scheduling))
        return;
    std::perror("scheduling");
    _exit(1);
}

/// Of this process, from here on.
void logTo(const fs::path& directory)
{
    const int log = open((directory / "log").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    dup2(log, STDERR_FILENO);
}

/// The service manager's end of sd_notify.
class NotifySocket {
  public:
    explicit NotifySocket(const fs::path& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        const timeval atMost{.tv_sec = patience.count(), .tv_usec = 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &atMost, sizeof atMost);
        if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
            throw std::system_error(errno, std::generic_category(), path.string());
    }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;
    ~NotifySocket() { close(fd_); }

    void awaitReady() const
    {
        std::array<char, 4096> text{};
        ssize_t length = 0;
        while ((length = recv(fd_, text.data(), text.size(), 0)) >= 0)
            if (std::string_view(text.data(), static_cast<std::size_t>(length)).find("READY=1") !=
                std::string_view::npos)
                return;
        throw std::runtime_error("the daemon did not say READY=1 in time; see its log");
    }

  private:
    int fd_;
};

} // namespace

Bus::Bus() : directory_(makeScratch()), pid_(spawn())
{
    if (pid_ == 0) {
        freopen("/dev/null", "w", stderr); // it cannot raise its limit of files, and says so
        fs::permissions(directory_, fs::perms(0711));
        const fs::path configuration = directory_ / "bus.conf";
        std::ofstream(configuration)
            << "<busconfig><type>system</type><auth>EXTERNAL</auth><listen>" << address()
            << "</listen><policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>"
               "<allow send_destination=\"*\"/><allow receive_sender=\"*\"/></policy></busconfig>";
        const std::string option = "--config-file=" + configuration.string();
        execlp("dbus-daemon", "dbus-daemon", option.c_str(), "--nofork", "--nopidfile", nullptr);
        _exit(127);
    }
    const Clock::time_point giveUp = Clock::now() + patience;
    while (!fs::exists(directory_ / "bus") && Clock::now() < giveUp)
        usleep(1000);
}

Bus::~Bus()
{
    stop(pid_);
    std::error_code ignored; // as in ~Restorer()
    fs::remove_all(directory_, ignored);
}

std::string Bus::address() const
{
    return "unix:path=" + (directory_ / "bus").string();
}

Restorer::~Restorer()
{
    stop(pid_);
    std::error_code ignored; // a scratch folder that stays is no reason to end differently
    if (!directory_.empty())
        fs::remove_all(directory_, ignored);
}

Restorer Restorer::blind(
    const Batch& insert, const Scheduling& scheduling, const std::set<std::uint32_t>& bystanders)
{
    const fs::path directory = makeScratch();
    const pid_t pid = spawn();
    if (pid == 0) {
        logTo(directory);
        scheduleOrEnd(scheduling);
        restoreBlindly(insert, bystanders);
    }
    usleep(50'000); // until it listens
    return Restorer(pid, {}, directory);
}

Restorer Restorer::guard(
    const fs::path& daemon,
    const fs::path& configuration,
    const Scheduling& scheduling,
    const std::string& bus)
{
    const fs::path directory = makeScratch();
    const fs::path notify = directory / "notify";
    const NotifySocket socket(notify);
    const Clock::time_point begin = Clock::now();
    const pid_t pid = spawn();
    if (pid == 0) {
        setenv("NOTIFY_SOCKET", notify.c_str(), 1);
        setenv("RUNTIME_DIRECTORY", directory.c_str(), 1);
        setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.c_str(), 1);
        logTo(directory);
        scheduleOrEnd(scheduling);
        execl(daemon.c_str(), "fwd-guard", "--config", configuration.c_str(), nullptr);
        _exit(127);
    }
    socket.awaitReady(); // if it never is, the child dies with us
    const auto startUp =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    return Restorer(pid, startUp, directory);
}

Restorer Restorer::shell(const std::string& script)
{
    const pid_t pid = spawn();
    if (pid == 0) {
        const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execlp("bash", "bash", "-c", script.c_str(), nullptr);
        _exit(127);
    }
    usleep(500'000); // until it listens
    return Restorer(pid, {}, {});
}

std::chrono::nanoseconds Restorer::scheduled(std::size_t field) const
{
    std::ifstream in("/proc/" + std::to_string(pid_) + "/schedstat");
    std::array<std::int64_t, 2> times{};
    if (!(in >> times[0] >> times[1]))
        throw std::runtime_error("no /proc/PID/schedstat: cannot measure CPU time");
    return std::chrono::nanoseconds(times.at(field));
}

std::uint64_t Restorer::statusOf(const std::string& field) const
{
    std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(field + ":"))
            return std::stoull(line.substr(field.size() + 1));
    throw std::runtime_error("no " + field + " in /proc/PID/status");
}

std::vector<std::string> Restorer::log() const
{
    std::ifstream in(directory_ / "log");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

} // namespace fwdguard::bench
