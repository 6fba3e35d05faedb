// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/world.hpp"

#include <filesystem>
#include <vector>

namespace fwdguard::model {

/// The scenario files, sorted by name.
[[nodiscard]] std::vector<std::filesystem::path> scenarioFiles();

/// Whether a world of this backend can play it: legacy tables are those of ip and ip6 only, and
/// a comment in the file says "not on real legacy tables" where those have no such steps.
[[nodiscard]] bool canPlay(const std::filesystem::path& file, BackendKind backend, bool real);

/// Runs one scenario file on a world, through the real guard and driver. The language is described
/// in scenarios/README.md. Throws std::runtime_error with file, line and what was expected when an
/// expectation is not met or a line makes no sense.
void runScenario(const std::filesystem::path& file, World& world);

} // namespace fwdguard::model
