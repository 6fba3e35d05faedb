// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/watch.hpp"

#include "config/files.hpp"

#include <cerrno>
#include <deque>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <variant>

#include <sys/stat.h>

namespace fwdguard::config {

namespace {

using std::filesystem::path;

constexpr int maxLinks = 40; // what path_resolution(7) allows

/// Goes a path step by step as the kernel does, noting the directories that decide where it ends.
class Walk {
  public:
    explicit Walk(std::set<path>& noted) : noted_{noted} {}

    /// `whole` is absolute. Returns where it ends, or nothing when it ends nowhere.
    std::optional<path> to(const path& whole)
    {
        prepend(whole);
        while (!pending_.empty())
            if (!step())
                return std::nullopt;
        return at_;
    }

  private:
    void prepend(const path& steps)
    {
        if (steps.is_absolute())
            at_ = steps.root_path();
        const path relative = steps.relative_path();
        pending_.insert(pending_.begin(), relative.begin(), relative.end());
    }

    bool step()
    {
        const path name = std::move(pending_.front());
        pending_.pop_front();
        if (name.empty() || name == ".")
            return true;
        if (name == "..") {
            at_ = at_.parent_path();
            return true;
        }
        return enter(at_ / name);
    }

    bool enter(const path& next)
    {
        std::error_code error;
        const auto type = std::filesystem::symlink_status(next, error).type();
        const bool isLink = type == std::filesystem::file_type::symlink;
        const bool isThere = !error && type != std::filesystem::file_type::not_found;
        if (isLink || !isThere || pending_.empty())
            noted_.insert(at_);
        if (!isThere)
            return false;
        if (!isLink) {
            at_ = next;
            return true;
        }
        const path target = std::filesystem::read_symlink(next, error);
        prepend(target);
        return !error && ++links_ <= maxLinks;
    }

    std::set<path>& noted_;
    std::deque<path> pending_;
    path at_;
    int links_ = 0;
};

FileStamp stampOf(const path& file)
{
    constexpr std::int64_t nanosecondsPerSecond = 1'000'000'000;
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0)
        return {.file = file, .error = errno};
    return {
        .file = file,
        .error = 0,
        .device = status.st_dev,
        .inode = status.st_ino,
        .size = status.st_size,
        .modified = status.st_mtim.tv_sec * nanosecondsPerSecond + status.st_mtim.tv_nsec,
        .changed = status.st_ctim.tv_sec * nanosecondsPerSecond + status.st_ctim.tv_nsec};
}

/// The drop-ins, or none when the directory cannot be read.
std::vector<path> visibleDropIns(const path& directory)
{
    auto files = listDropIns(directory);
    auto* list = std::get_if<std::vector<path>>(&files);
    return list != nullptr ? std::move(*list) : std::vector<path>{};
}

} // namespace

std::vector<path> directoriesToWatch(const path& mainFile)
{
    const path absolute = std::filesystem::absolute(mainFile);
    const path directory = dropInDirectory(absolute);
    std::set<path> noted;
    Walk{noted}.to(absolute);
    if (const auto resolved = Walk{noted}.to(directory)) {
        std::error_code error;
        if (std::filesystem::is_directory(*resolved, error))
            noted.insert(*resolved);
    }
    for (const path& file : visibleDropIns(directory))
        Walk{noted}.to(file);
    return {noted.begin(), noted.end()};
}

Fingerprint fingerprint(const path& mainFile)
{
    const path directory = dropInDirectory(mainFile);
    Fingerprint stamps{stampOf(mainFile)};
    // Of the directory only whether it can be listed: temporary files in it are not our business.
    auto listed = listDropIns(directory);
    stamps.push_back(
        {.file = directory, .error = std::holds_alternative<Refusal>(listed) ? EIO : 0});
    if (const auto* files = std::get_if<std::vector<path>>(&listed))
        for (const path& file : *files)
            stamps.push_back(stampOf(file));
    return stamps;
}

} // namespace fwdguard::config
