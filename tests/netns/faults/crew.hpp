// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netns/faults/trial.hpp"

#include <string>
#include <vector>

namespace fwdguard::faults {

/// What came of many trials.
struct Tally {
    std::size_t faults = 0; ///< known
    std::size_t tried = 0;
    std::size_t lived = 0;
    std::size_t restarted = 0;
    std::size_t leftAlone = 0;
    std::size_t unreached = 0;
    std::vector<std::string> late; ///< one text for each
    std::vector<std::string> broken;
};

/// Counts the scenario's system calls, then breaks them one by one in as many processes as make
/// sense. FWDGUARD_FAULTS=all takes every fault, =some a sample by FWDGUARD_SEED, as far as it
/// comes within the scenario's budget, =ORDER that one. Without it: the beginning of the same
/// sample each time, in half the budget. Prints what was done.
Tally tryFaults(const Scenario& scenario);

} // namespace fwdguard::faults
