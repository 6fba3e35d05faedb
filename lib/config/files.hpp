// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fwdguard::config {

/// Largest configuration file in bytes.
inline constexpr std::size_t maxFileSize = std::size_t{1024} * 1024;

/// A file's whole content. Refuses what is not a regular file, cannot be read, is too large, or can
/// be changed by others: it belongs to neither root nor us, or every user or another group than
/// root's and ours may write it.
[[nodiscard]] std::variant<std::string, Refusal> readFile(const std::filesystem::path& file);

/// Refuses one that others can change; not one that is not there.
[[nodiscard]] std::optional<Refusal> refuseWritable(const std::filesystem::path& directory);

/// The directory that a file really lies in, links followed: with a ConfigMap of Kubernetes not the
/// one that is mounted, which everybody might write if it were not mounted read-only.
[[nodiscard]] std::filesystem::path directoryOf(const std::filesystem::path& file);

/// Refuses one in which others can put something in the place of a file that is not theirs: the
/// same, unless its sticky bit forbids that, as /tmp's does.
[[nodiscard]] std::optional<Refusal> refuseReplacing(const std::filesystem::path& directory);

/// The directory of drop-ins that belongs to a main file: conf.d beside it.
[[nodiscard]] std::filesystem::path dropInDirectory(const std::filesystem::path& mainFile);

/// The drop-ins `*.json` of a directory, sorted by name; hidden ones do not count. None when the
/// directory does not exist. Refuses one that others can change.
[[nodiscard]] std::variant<std::vector<std::filesystem::path>, Refusal>
listDropIns(const std::filesystem::path& directory);

} // namespace fwdguard::config
