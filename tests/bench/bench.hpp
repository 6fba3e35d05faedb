// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace fwdguard::bench {

struct Settings {
    std::string daemon{};
    std::string configuration{};
    std::string output{};
    int flushes = 2000;
    int commands = 300;
    int idleSeconds = 60;
    int transactions = 20'000;
};

/// What can be measured. Each is called in a network namespace that is fresh but for the policy
/// DROP of `ip filter FORWARD`, prints its rows and returns the same figures.
using Measure = nlohmann::json(const Settings&);

Measure repairs;        ///< the floor, fwd-guard, and what people use today
Measure commands;       ///< real iptables commands as flushers, against the floor
Measure niceLevels;     ///< the same, by what the daemon's scheduling is set to
Measure chainLength;    ///< by foreign rules in the guarded chain
Measure foreignRuleset; ///< by foreign rules in another table
Measure declaredRules;  ///< by declared rules, all flushed at once
Measure writers;        ///< by processes that commit something else meanwhile
Measure callers;        ///< while somebody calls over D-Bus without end
Measure irrelevant;     ///< CPU and memory for what does not concern us
Measure foreignLoad;    ///< one large load and deletion
Measure atRest;         ///< start, idle, memory

} // namespace fwdguard::bench
