// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/status.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace fwdguard::bus {

/// The values behind org.fwdguard1.Manager's properties.
struct ManagerProperties {
    std::string state;
    std::uint32_t generation = 0;
    std::uint64_t repairs = 0;
    std::uint64_t overruns = 0;
    std::uint64_t missed = 0;
    std::string configError;
    bool operator==(const ManagerProperties&) const = default;
};

/// Changes whenever a rule's last incident is another one, or is repaired.
using IncidentStamp = std::optional<
    std::tuple<WallTime, Generation, Damage, std::optional<std::chrono::microseconds>>>;
[[nodiscard]] IncidentStamp stampOf(const RuleStatus& rule);

/// The values behind org.fwdguard1.Rule's properties, in D-Bus' types.
struct RuleProperties {
    std::string id;
    std::string family;
    std::string table;
    std::string chain;
    std::string backend;
    std::string position; ///< empty for a policy
    std::string state;
    std::string detail;
    std::uint64_t handle = 0;
    std::int32_t index = -1;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t repairs = 0;
    IncidentStamp lastIncident; ///< stands for its text, which is made when somebody reads it
    bool operator==(const RuleProperties&) const = default;
};

[[nodiscard]] RuleProperties propertiesOf(const RuleStatus& rule);
[[nodiscard]] ManagerProperties propertiesOf(const Status& status, const std::string& configError);

/// D-Bus names of the properties in which the two differ.
[[nodiscard]] std::vector<std::string>
changedProperties(const ManagerProperties& before, const ManagerProperties& after);
[[nodiscard]] std::vector<std::string>
changedProperties(const RuleProperties& before, const RuleProperties& after);

/// Object path of each rule, in the order of `rules`: /org/fwdguard1/rule/<id>, and below it the
/// family when the id occurs in several; below that "legacy" where the same rule is in nf_tables
/// too.
[[nodiscard]] std::vector<std::string> objectPaths(const std::vector<RuleStatus>& rules);

} // namespace fwdguard::bus
