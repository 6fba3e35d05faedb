// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sys/event_loop.hpp"
#include "sys/owned_fd.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fwdguard::sys {

/// Watches directories for changes of what is in them (inotify(7)). That a directory vanishes,
/// comes into being or, as a symbolic link, leads elsewhere is a change as well, as long as its
/// parent is there. The daemon's reads of the files are no changes.
class FileWatch {
  public:
    /// `onChange` is called once for a burst of changes, `settle` after the first of them: editors
    /// and package managers do several things to make one change, and half of them is no
    /// configuration.
    FileWatch(
        EventLoop& loop,
        std::function<void()> onChange,
        std::chrono::milliseconds settle = std::chrono::milliseconds(50));

    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;
    ~FileWatch() = default;

    /// Replaces what is watched. Those that do not exist or may not be read are waited for.
    void setDirectories(const std::vector<std::filesystem::path>& directories);

  private:
    /// What matters in one watched directory: everything, or the entries of these names.
    struct Interest {
        bool everything = false;
        std::set<std::string> names;
    };

    void settled();
    void watchAgain();
    [[nodiscard]] int watch(const std::filesystem::path& directory);
    void read();
    [[nodiscard]] bool matters(int watchId, std::uint32_t mask, const std::string& name) const;

    std::function<void()> onChange_;
    std::chrono::milliseconds settle_;
    OwnedFd inotify_;
    std::vector<std::filesystem::path> directories_;
    std::map<int, Interest> interests_; ///< by watch descriptor
    bool waiting_ = false;              ///< a change waits for the others of its burst
    Timer settled_;
    Source readable_;
};

} // namespace fwdguard::sys
