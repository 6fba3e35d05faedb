// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/flow.hpp"
#include "core/status.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fwdguard {

/// A flow, what it expanded to, and what became of that.
struct ExpandedFlow {
    Flow flow{};
    Expansion expansion{};
    std::string dockerFile{};               ///< where Docker's lines belong
    std::string dockerTrouble{};            ///< why that file could not be read, or empty
    std::optional<std::string> markError{}; ///< why our own table could not be written
    bool operator==(const ExpandedFlow&) const = default;
};

/// What the host lacks for the flow, apart from its rules: `state` is degraded, waiting or in
/// place.
struct FlowLack {
    FlowState state = FlowState::inPlace;
    std::string detail{}; ///< for people; empty when nothing is lacking
    bool operator==(const FlowLack&) const = default;
};

[[nodiscard]] FlowLack lackOf(const ExpandedFlow& flow);

/// Whether a flow can do without its rule in this chain while the chain is not there: raw
/// PREROUTING, where nothing drops before there is one.
[[nodiscard]] bool mayWaitFor(const ChainId& chain);

/// Adds the flows to a status that has their rules. A degraded flow degrades the whole, unless
/// something worse is told of it already.
void addFlows(Status& status, std::span<const ExpandedFlow> flows);

} // namespace fwdguard
