// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <sys/wait.h>

namespace fwdguard::busTest {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read = -1;
    int write = -1;
};

Pipe newPipe()
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe2");
    return {ends[0], ends[1]};
}

std::string readAll(int fd)
{
    std::string text;
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = read(fd, buffer.data(), buffer.size())) > 0)
        text.append(buffer.data(), static_cast<std::size_t>(count));
    return text;
}

} // namespace

Process::Process(const Arguments& command)
{
    const auto in = newPipe();
    const auto out = newPipe();
    // A file, so that a talkative child never waits for us to read.
    const int err = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    std::vector<char*> argv;
    for (const auto& argument : command)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const int r = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in.read);
    close(out.write);
    in_ = in.write;
    out_ = out.read;
    err_ = err;
    if (r != 0)
        throw std::system_error(r, std::generic_category(), command.front());
}

Process::~Process()
{
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    for (const int fd : {in_, out_, err_})
        if (fd >= 0)
            close(fd);
}

void Process::tell(const std::string& line) const
{
    const auto text = line + '\n';
    if (write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::system_error(errno, std::generic_category(), "telling " + line);
}

bool Process::readMore(std::chrono::milliseconds limit)
{
    pollfd ready{.fd = out_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(limit.count())) <= 0)
        return false;
    std::array<char, 4096> buffer{};
    const auto count = read(out_, buffer.data(), buffer.size());
    if (count <= 0)
        return false;
    read_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

bool Process::says(const std::string& text, std::chrono::milliseconds limit)
{
    const auto deadline = Clock::now() + limit;
    while (true) {
        for (auto end = read_.find('\n', seen_); end != std::string::npos;
             end = read_.find('\n', seen_)) {
            const auto line = read_.substr(seen_, end - seen_);
            seen_ = end + 1;
            if (line.find(text) != std::string::npos)
                return true;
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0 || !readMore(left))
            return false;
    }
}

std::string Process::output()
{
    while (readMore(std::chrono::milliseconds{0}))
        continue;
    return read_;
}

void Process::signal(int number) const
{
    kill(pid_, number);
}

int Process::wait(std::chrono::milliseconds limit)
{
    close(in_);
    in_ = -1;
    const auto deadline = Clock::now() + limit;
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
        if (Clock::now() > deadline)
            return -1;
        // Read meanwhile: a full pipe would keep it from ending.
        if (!readMore(std::chrono::milliseconds{5}))
            std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Process::errors()
{
    lseek(err_, 0, SEEK_SET);
    return readAll(err_);
}

Finished run(const Arguments& command)
{
    Process process{command};
    Finished finished;
    finished.status = process.wait(2 * patience);
    finished.out = process.output();
    finished.err = process.errors();
    return finished;
}

Arguments asNobody(Arguments command)
{
    const Arguments prefix = {
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"};
    command.insert(command.begin(), prefix.begin(), prefix.end());
    return command;
}

Finished runAsNobody(Arguments command)
{
    return run(asNobody(std::move(command)));
}

void skip(const std::string& why)
{
    std::cout << "skipped: " << why << std::endl;
    std::_Exit(77);
}

void need(const std::vector<std::string>& programs)
{
    const char* path = std::getenv("PATH");
    for (const auto& program : programs) {
        std::istringstream folders{path == nullptr ? "" : path};
        bool found = false;
        for (std::string folder; std::getline(folders, folder, ':');)
            found = found || std::filesystem::exists(folder + '/' + program);
        if (!found)
            skip(program + " is not installed");
    }
}

void needRoot()
{
    if (geteuid() != 0)
        skip("needs root");
}

} // namespace fwdguard::busTest
