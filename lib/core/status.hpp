// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/incident.hpp"
#include "core/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard {

enum class ManagerState : std::uint8_t {
    starting,
    guarding,
    repairing,
    contested,
    degraded,
    held,
    stopping,
};

/// "starting", "guarding", "repairing", "contested", "degraded", "held", "stopping".
[[nodiscard]] std::string_view toString(ManagerState state);

/// A declared rule, or a declared policy (then `policy` is set, and `position`, `handle`, `index`
/// and `counters` are absent).
struct RuleStatus {
    RuleKey key{};
    ChainId chain{};
    std::optional<Position> position{};
    std::optional<Policy> policy{};
    RuleState state = RuleState::waiting;
    std::string detail{}; ///< why it is not in place, for people; empty when it is
    std::optional<Handle> handle{};
    std::optional<std::size_t> index{}; ///< 0 is the head of the chain
    std::optional<Counters> counters{}; ///< at the last look
    std::uint64_t repairs = 0;
    std::optional<Incident> lastIncident{};
};

/// What hinders a flow most, from nothing to what needs an administrator soonest.
enum class FlowState : std::uint8_t {
    inPlace, ///< its rules stand and the host lacks nothing
    held,    ///< this and the others: at least one of its rules is
    repairing,
    waiting, ///< or an interface that it names is not there
    shadowed,
    contested,
    degraded, ///< Docker would have to be configured for it
    failed,
};

/// "in-place", "held", "repairing", "waiting", "shadowed", "contested", "degraded", "failed".
[[nodiscard]] std::string_view toString(FlowState state);

/// A flow. The rules that it expands to are among Status::rules.
struct FlowStatus {
    std::string id{};
    FlowState state = FlowState::waiting;
    std::string detail{};             ///< why it is not in place, for people; empty when it is
    std::vector<std::string> rules{}; ///< their ids
};

struct Status {
    ManagerState state = ManagerState::starting; ///< held as well while all is only observed
    Mode mode = Mode::guard;
    Generation generation{}; ///< nf_tables', of the last look; 0 before the first
    WallTime since{};        ///< when guarding began
    std::uint64_t repairs = 0;
    std::uint64_t overruns = 0;
    std::uint64_t missed = 0;
    std::vector<RuleStatus> rules{}; ///< rules in the configuration's order, then policies
    std::vector<FlowStatus> flows{}; ///< filled in by addFlows()
    std::vector<ChainId> mixed{};    ///< chains of nf_tables whose legacy twins are held as well
};

} // namespace fwdguard
