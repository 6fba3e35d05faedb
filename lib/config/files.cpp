// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <sys/stat.h>

namespace fwdguard::config {

namespace {

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_{fd} {}
    ~Descriptor()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int value() const { return fd_; }

  private:
    int fd_;
};

constexpr std::string_view readableFile = "a regular file that fwd-guard may read";

Refusal systemRefusal(int error)
{
    return {.found = std::generic_category().message(error), .allowed = std::string{readableFile}};
}

Refusal tooLarge()
{
    return {.found = "a file of more than 1 MiB", .allowed = "at most 1 MiB"};
}

std::string_view kindOf(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a pipe";
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return "a device";
    return "no regular file";
}

/// Who may write it decides over the host's firewall.
std::optional<Refusal> writableByOthers(mode_t mode, std::string_view what)
{
    if ((mode & S_IWOTH) == 0)
        return std::nullopt;
    return Refusal{
        .found = std::string{what} + " that every user may write",
        .allowed = std::string{what} + " that others may not write (chmod o-w)"};
}

std::variant<std::string, Refusal> readAll(int fd)
{
    std::string content;
    std::array<char, 16384>
        buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    for (;;) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemRefusal(errno);
        if (count == 0)
            return content;
        content.append(buffer.data(), static_cast<std::size_t>(count));
        if (content.size() > maxFileSize) // it may have grown since fstat()
            return tooLarge();
    }
}

bool isDropIn(const std::filesystem::path& file)
{
    return file.extension() == ".json" && !file.filename().string().starts_with('.');
}

} // namespace

std::variant<std::string, Refusal> readFile(const std::filesystem::path& file)
{
    // O_NONBLOCK: a pipe in the file's place must not hold up the guard.
    const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    struct stat status {};
    if (descriptor.value() < 0 || ::fstat(descriptor.value(), &status) != 0)
        return systemRefusal(errno);
    if (!S_ISREG(status.st_mode)) {
        return Refusal{
            .found = std::string{kindOf(status.st_mode)}, .allowed = std::string{readableFile}};
    }
    if (auto refusal = writableByOthers(status.st_mode, "a file"))
        return *std::move(refusal);
    if (std::cmp_greater(status.st_size, maxFileSize))
        return tooLarge();
    return readAll(descriptor.value());
}

std::optional<Refusal> refuseWritable(const std::filesystem::path& directory)
{
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0)
        return std::nullopt;
    return writableByOthers(status.st_mode, "a directory");
}

std::filesystem::path dropInDirectory(const std::filesystem::path& mainFile)
{
    return mainFile.parent_path() / "conf.d";
}

std::variant<std::vector<std::filesystem::path>, Refusal>
listDropIns(const std::filesystem::path& directory)
{
    if (auto refusal = refuseWritable(directory))
        return *std::move(refusal);
    std::vector<std::filesystem::path> files;
    std::error_code error;
    std::filesystem::directory_iterator entry{directory, error};
    for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error))
        if (isDropIn(entry->path()))
            files.push_back(entry->path());
    if (error && error != std::errc::no_such_file_or_directory) {
        return Refusal{
            .found = error.message(),
            .allowed = "a directory of drop-ins that fwd-guard may read, or none"};
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
        return a.filename().native() < b.filename().native();
    });
    return files;
}

} // namespace fwdguard::config
