// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/flow_status.hpp"
#include "report/message.hpp"
#include "report/status_json.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <vector>

/// What the daemon says of itself.
namespace fwdguard::report {

/// `rules` counts rules and policies, those of the flows included; `backends` in words,
/// "nf_tables".
[[nodiscard]] Message
started(std::string_view version, std::size_t rules, std::size_t flows, std::string_view backends);

/// What becomes of the rules when the daemon ends.
enum class RulesAtStop : std::uint8_t {
    kept,
    removed,
    left, ///< some of those that were to be removed
};
[[nodiscard]] Message stopping(std::string_view reason, RulesAtStop rules);

/// `path` is empty for the built-in default; `rules` counts declared rules and policies.
[[nodiscard]] Message
configurationLoaded(std::string_view path, std::size_t rules, std::size_t flows);

/// `error` says where and what; the configuration before it stays in force.
[[nodiscard]] Message configurationRefused(std::string_view path, std::string_view error);

/// The kernel-side filter did not let an announcement through.
[[nodiscard]] Message filterFallback(std::string_view reason);

[[nodiscard]] Message busLost(std::string_view reason);
[[nodiscard]] Message busBack();

/// A configuration is accepted, and there is something to know of it: `warning` says where and
/// what.
[[nodiscard]] Message configurationWarning(std::string_view warning);

/// What the host lacks for a flow, or that it lacks nothing any more.
[[nodiscard]] Message flowChanged(std::string_view flow, const FlowLack& lack);

/// These chains are in nf_tables and in legacy tables.
[[nodiscard]] Message mixed(const std::vector<ChainId>& chains);

[[nodiscard]] Message legacyWatched(const LegacyWatch& watch);

/// The kernel's audit, for the whole host; with an error: it could not be.
[[nodiscard]] Message auditSwitchedOn(std::error_code error);

/// `pid` 0: it cannot be seen who holds it.
[[nodiscard]] Message lockHeld(std::uint32_t pid);

/// It does not start, or ends, and why.
[[nodiscard]] Message gaveUp(std::string_view reason);

/// What an administrator holds is, or will be, guarded again: `reason` says when and why.
[[nodiscard]] Message holdsNotKept(std::string_view reason);

} // namespace fwdguard::report
