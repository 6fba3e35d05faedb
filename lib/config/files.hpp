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

/// A file's whole content. Refuses what is not a regular file, cannot be read, is too large, or may
/// be written by every user.
[[nodiscard]] std::variant<std::string, Refusal> readFile(const std::filesystem::path& file);

/// Refuses what every user may write; not what is not there.
[[nodiscard]] std::optional<Refusal> refuseWritable(const std::filesystem::path& directory);

/// The directory of drop-ins that belongs to a main file: conf.d beside it.
[[nodiscard]] std::filesystem::path dropInDirectory(const std::filesystem::path& mainFile);

/// The drop-ins `*.json` of a directory, sorted by name; hidden ones do not count. None when the
/// directory does not exist. Refuses one that every user may write.
[[nodiscard]] std::variant<std::vector<std::filesystem::path>, Refusal>
listDropIns(const std::filesystem::path& directory);

} // namespace fwdguard::config
