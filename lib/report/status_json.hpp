// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/status.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fwdguard::report {

/// How changes of legacy tables are noticed.
struct LegacyWatch {
    std::string mode{};   ///< "audit", "polling", "waiting", "unavailable"
    std::string reason{}; ///< why not by events, or why not at all; else empty
    std::string remedy{}; ///< what would change that; else empty
    bool fault = false;   ///< not what the configuration asks for
    bool operator==(const LegacyWatch&) const = default;
};

/// What the guard does not know about itself.
struct StatusContext {
    std::string version{};
    std::vector<std::string> backends{};      ///< "nf_tables", …
    std::optional<std::string> configPath{};  ///< absent: the built-in default
    std::optional<WallTime> configLoaded{};   ///< of the configuration that is in force
    std::optional<std::string> configError{}; ///< why the newest one is not
    std::optional<LegacyWatch> watch{};       ///< absent: nobody wants legacy tables
};

/// One line of JSON. Unknown is null; times are RFC 3339 in UTC; bytes that are not UTF-8 become
/// U+FFFD.
[[nodiscard]] std::string statusJson(const Status& status, const StatusContext& context);

/// A rule's last_incident, as it is there.
[[nodiscard]] std::string lastIncidentJson(const Incident& incident);

/// The same for one incident, with its rule and its text in words.
[[nodiscard]] std::string incidentJson(const Incident& incident);

} // namespace fwdguard::report
