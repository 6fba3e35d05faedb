// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"
#include "core/types.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fwdguard::config {

/// A hold as it outlives the daemon: in wall-clock time.
struct SavedHold {
    std::string rule{}; ///< id
    WallTime written{};
    std::optional<WallTime> until{}; ///< nullopt: until released
    bool operator==(const SavedHold&) const = default;
};

/// What is held in one network namespace.
struct SavedHolds {
    std::string netns{}; ///< its name, which no other one ever has
    std::vector<SavedHold> holds{};
    bool operator==(const SavedHolds&) const = default;
};

/// What is left of it: 0 until released, nullopt when it has run out. Never more than there was
/// when it was written: a clock that was set back must not prolong it.
[[nodiscard]] std::optional<std::chrono::seconds> remaining(const SavedHold& hold, WallTime now);

/// What such a file says; refuses one that says anything else.
[[nodiscard]] std::variant<SavedHolds, Refusal> parseHolds(std::string_view text);

/// The text of the file for these.
[[nodiscard]] std::string holdsText(const SavedHolds& saved);

/// None when there is no such file. Refuses a file, or its directory, that others can change, and
/// one that says anything else.
[[nodiscard]] std::variant<SavedHolds, Refusal> readHolds(const std::filesystem::path& file);

/// Replaces the file whole, or says why not; takes it away when there is nothing to write.
[[nodiscard]] std::optional<Refusal>
writeHolds(const std::filesystem::path& file, const SavedHolds& saved);

} // namespace fwdguard::config
