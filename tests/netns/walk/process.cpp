// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/walk/process.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

#include <spawn.h>
#include <unistd.h>

#include <sys/wait.h>

namespace fwdguard::test {

namespace {

/// Both ends in files, which take any amount: nobody has to read while it is written.
struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File temporary()
{
    File file{std::tmpfile()};
    if (!file)
        throw std::system_error(errno, std::generic_category(), "a temporary file");
    return file;
}

std::string contentOf(std::FILE* file)
{
    std::rewind(file);
    std::string text;
    std::array<char, 4096> chunk{};
    std::size_t length = 0;
    while ((length = std::fread(chunk.data(), 1, chunk.size(), file)) > 0)
        text.append(chunk.data(), length);
    return text;
}

} // namespace

std::string runProcess(const std::vector<std::string>& words, const std::string& input)
{
    const File in = temporary();
    const File out = temporary();
    std::fwrite(input.data(), 1, input.size(), in.get());
    std::rewind(in.get());

    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in.get()), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), STDERR_FILENO);
    pid_t pid = 0;
    const int error =
        posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error(error, std::generic_category(), words.front());
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    std::string text = contentOf(out.get());
    if (status == 0)
        return text;
    std::string line;
    for (const std::string& word : words)
        line += word + " ";
    throw std::runtime_error(line + "< " + input + ": " + text);
}

} // namespace fwdguard::test
