// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/faults/surroundings.hpp"

#include <array>
#include <csignal>
#include <stdexcept>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

namespace fwdguard::faults {

namespace {

[[noreturn]] void drain(int socket, const std::filesystem::path& path)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    std::array<char, 65'536> datagram{};
    for (;;)
        if (const ssize_t size = recv(socket, datagram.data(), datagram.size(), 0); size > 0)
            static_cast<void>(!write(file, datagram.data(), static_cast<std::size_t>(size)));
}

} // namespace

JournalFile::JournalFile()
{
    std::filesystem::create_directories("/run/systemd");
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", "/run/systemd", "tmpfs", 0, nullptr) != 0)
        throw std::runtime_error("no mount namespace");
    std::filesystem::create_directories("/run/systemd/journal");
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address{AF_UNIX, "/run/systemd/journal/socket"};
    if (bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("no journal socket");
    drain_ = fork();
    if (drain_ == 0)
        drain(socket, path_);
    close(socket);
}

JournalFile::~JournalFile()
{
    kill(drain_, SIGKILL);
    waitpid(drain_, nullptr, 0);
}

Place::Place(const Scenario& scenario)
{
    if (scenario.onBus) {
        bus_ = std::make_unique<busTest::PrivateBus>();
        bus_->start();
        around_.environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus_->address();
        // What is answered by us, and what by libsystemd alone.
        around_.checkBus =
            BUS_CTL " check && busctl get-property org.fwdguard1 /org/fwdguard1 "
                    "org.fwdguard1.Manager State && busctl introspect org.fwdguard1 /org/fwdguard1";
    }
    if (scenario.toJournal) {
        journal_ = std::make_unique<JournalFile>();
        around_.journal = journal_->path();
    }
}

} // namespace fwdguard::faults
