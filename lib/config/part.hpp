// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"
#include "core/declared.hpp"
#include "core/flow.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fwdguard::config {

/// One entry of "rules", as written: for one or several families.
struct RuleEntry {
    std::string id;
    std::vector<Family> families;
    std::string table;
    std::string chain;
    Position position;
    RuleBody body;
    bool allowAny = false;
    std::optional<BackendChoice> backend; ///< absent: as the configuration says for all
};

/// One entry of "policies".
struct PolicyEntry {
    std::vector<Family> families;
    std::string table;
    std::string chain;
    Policy policy = Policy::accept;
    std::optional<BackendChoice> backend; ///< as in RuleEntry
};

/// How changes of legacy tables are noticed.
enum class LegacyWatch : std::uint8_t { automatic, audit, poll };

/// What one file says of legacy tables; absent: nothing.
struct LegacyPart {
    std::optional<LegacyWatch> watch;
    std::optional<std::chrono::milliseconds> pollInterval;
    std::optional<bool> enableAudit;
};

/// What one file says; absent: it says nothing about it.
struct Part {
    std::vector<RuleEntry> rules;
    std::vector<PolicyEntry> policies;
    std::vector<Flow> flows;
    std::optional<std::uint32_t> burst;
    std::optional<std::chrono::milliseconds> window;
    std::optional<std::chrono::milliseconds> maxDelay;
    std::optional<std::chrono::milliseconds> sweep;
    std::optional<OnStop> onStop;
    std::optional<Mode> mode;
    std::optional<std::filesystem::path> dockerConfig;
    std::optional<BackendChoice> backend;
    LegacyPart legacy;
};

/// Reads one file's text. What only shows across files (an id declared twice) is not looked at.
[[nodiscard]] std::variant<Part, Finding> readPart(std::string_view text);

/// The keys of each kind of object, for the test that holds the JSON Schema against them.
[[nodiscard]] std::map<std::string_view, std::vector<std::string_view>> allowedKeys();

} // namespace fwdguard::config
