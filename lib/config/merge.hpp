// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/part.hpp"
#include "config/problem.hpp"
#include "core/declared.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fwdguard::config {

struct NamedPart {
    std::filesystem::path file;
    Part part;
};

/// Where Docker's configuration is when nobody says otherwise.
inline constexpr std::string_view defaultDockerConfig = "/etc/docker/daemon.json";

/// What holds of legacy tables, over all files.
struct LegacyOptions {
    LegacyWatch watch = LegacyWatch::automatic;
    std::chrono::milliseconds pollInterval{1'000};
    bool enableAudit = false; ///< the kernel's audit may be switched on
};

struct Merged {
    Declaration declaration;
    std::vector<Flow> flows;
    std::filesystem::path dockerConfig{defaultDockerConfig};
    BackendChoice backend = BackendChoice::automatic; ///< of what does not choose for itself
    LegacyOptions legacy;
    std::vector<std::string> warnings; ///< "FILE: POINTER: sentence"
};

/// Makes one declaration of several files in reading order: rules, policies and flows are appended,
/// of everything else the last word counts. Refuses an id, or a chain's policy, that is declared
/// twice; the rules that a flow may expand to count as declared.
[[nodiscard]] std::variant<Merged, Problem> merge(const std::vector<NamedPart>& parts);

} // namespace fwdguard::config
