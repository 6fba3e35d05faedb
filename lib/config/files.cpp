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

std::optional<Refusal> ownedByOthers(const struct stat& status, const std::string& what)
{
    const uid_t ours = ::geteuid();
    if (status.st_uid == 0 || status.st_uid == ours)
        return std::nullopt;
    const std::string orOurs =
        ours == 0 ? "" : " or to user " + std::to_string(ours) + ", as which fwd-guard runs";
    return Refusal{
        .found = what + " that belongs to user " + std::to_string(status.st_uid),
        .allowed = what + " that belongs to root" + orOurs + " (chown root)"};
}

/// The group root is as good as root, and the one that we run as is our own.
std::optional<Refusal> writableByOthers(const struct stat& status, const std::string& what)
{
    if ((status.st_mode & S_IWOTH) != 0)
        return Refusal{
            .found = what + " that every user may write",
            .allowed = what + " that others may not write (chmod o-w)"};
    if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 && status.st_gid != ::getegid())
        return Refusal{
            .found = what + " that group " + std::to_string(status.st_gid) + " may write",
            .allowed = what + " that its group may not write (chmod g-w)"};
    return std::nullopt;
}

/// Who may change it decides over the host's firewall.
std::optional<Refusal> changeableByOthers(const struct stat& status, const std::string& what)
{
    auto refusal = ownedByOthers(status, what);
    return refusal ? std::move(refusal) : writableByOthers(status, what);
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
    if (auto refusal = changeableByOthers(status, "a file"))
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
    return changeableByOthers(status, "a directory");
}

std::filesystem::path directoryOf(const std::filesystem::path& file)
{
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(file, error);
    return (error ? file : real).parent_path();
}

std::optional<Refusal> refuseReplacing(const std::filesystem::path& directory)
{
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0)
        return std::nullopt;
    const bool sticky = (status.st_mode & S_ISVTX) != 0;
    return sticky ? ownedByOthers(status, "a directory")
                  : changeableByOthers(status, "a directory");
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
