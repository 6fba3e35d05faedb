// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace fwdguard::config {

/// The directories to watch with inotify(7) so that no change to what load() would read goes
/// unnoticed: those that hold the main file and the drop-ins, and, wherever a step on the way is a
/// symbolic link or missing, the one that holds that step. They exist, are resolved, sorted and
/// named once. Watch entries coming, going and being written, and IN_MOVE_SELF and IN_DELETE_SELF
/// (a whole directory renamed away); after every wake-up ask again, since the answer changes with
/// the links.
[[nodiscard]] std::vector<std::filesystem::path>
directoriesToWatch(const std::filesystem::path& mainFile);

/// One file as stat(2) sees it, links followed.
struct FileStamp {
    std::filesystem::path file;
    int error = 0; ///< errno, when it cannot be seen; then the rest is 0
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified = 0; ///< nanoseconds since the epoch
    std::int64_t changed =
        0; ///< status: permissions, owner, links, and writes that hide their time
    bool operator==(const FileStamp&) const = default;
};

/// What load() would read. Equal fingerprints: nothing to reload. Take it before load(), so that a
/// change between the two shows as a difference later.
using Fingerprint = std::vector<FileStamp>;

[[nodiscard]] Fingerprint fingerprint(const std::filesystem::path& mainFile);

} // namespace fwdguard::config
