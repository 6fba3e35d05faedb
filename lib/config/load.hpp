// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/merge.hpp"
#include "config/problem.hpp"
#include "core/declared.hpp"
#include "core/flow.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fwdguard::config {

/// Where the configuration is when nobody says otherwise.
inline constexpr std::string_view defaultFile = "/etc/fwd-guard/fwd-guard.json";

/// The main file; its drop-ins are conf.d/*.json beside it.
struct Source {
    std::filesystem::path file;
    bool required = false; ///< false: without the file, the built-in default stands in for it
};

/// The file that the administrator named, which has to exist, or else the default one.
[[nodiscard]] Source sourceOf(const std::optional<std::filesystem::path>& named);

struct Loaded {
    Declaration declaration;
    std::vector<Flow> flows;
    std::filesystem::path dockerConfig;               ///< of Docker, for the flows
    BackendChoice backend = BackendChoice::automatic; ///< of the flows' rules
    LegacyOptions legacy;
    std::vector<std::filesystem::path> files; ///< in reading order
    bool builtIn = false;                     ///< there is no main file
    std::vector<std::string> warnings;        ///< one line each, with file and pointer
};

using Result = std::variant<Loaded, Problem>;

/// Reads the main file, or takes the built-in default, and then the drop-ins in the order of their
/// names. Drop-ins add to either: they append rules, policies and flows and override other keys.
[[nodiscard]] Result load(const Source& source);

/// Where to reload from. A main file that has been read once is required from then on, so that
/// neither an editor that replaces it in two steps nor its loss swaps the rules for the default
/// ones.
[[nodiscard]] Source reloadSource(Source source, const Loaded& loaded);

/// The text of the built-in default: config/fwd-guard.json as it was at build time.
[[nodiscard]] std::string_view builtInText();

} // namespace fwdguard::config
