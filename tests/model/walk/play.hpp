// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/walk/firewall.hpp"
#include "model/walk/steps.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fwdguard::walk {

/// Steps of one walk: it is what a failure is shrunk from, and small enough to be printed.
inline constexpr std::size_t stepsOfWalk = 250;

/// Walks the steps on this firewall, which is empty, and returns the first problem; empty: none.
[[nodiscard]] std::string play(Firewall& firewall, const std::vector<Step>& steps, bool impatient);

/// Plays the steps on a firewall of its own and returns the first problem.
using Player = std::function<std::string(const std::vector<Step>& steps, bool impatient)>;

/// Plays walks of stepsOfWalk steps, `count` steps in all, the first one with this seed, the next
/// one with the next. Returns the first failure: its seed, the problem, and the few steps of it
/// that matter; empty: none.
[[nodiscard]] std::string playAll(std::uint32_t seed, std::size_t count, const Player& player);

/// FWDGUARD_SEED, or `otherwise`.
[[nodiscard]] std::uint32_t seedOfThisRun(std::uint32_t otherwise);

/// FWDGUARD_STEPS, or `otherwise`.
[[nodiscard]] std::size_t stepsOfThisRun(std::size_t otherwise);

} // namespace fwdguard::walk
