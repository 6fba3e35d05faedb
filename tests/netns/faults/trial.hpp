// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netns/faults/fault.hpp"
#include "netns/faults/faulted_daemon.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fwdguard::faults {

/// What the daemon lives through while the faults come.
struct Scenario {
    std::string name;
    std::set<std::string> subjects; ///< faults on these only
    std::string iptables = "iptables";
    std::string more{}; ///< members of the configuration, behind a comma
    std::string socketNames = "reader writer watch events search survey";
    std::vector<std::string> orders{}; ///< tries these, whatever FWDGUARD_FAULTS says
    std::chrono::seconds budget{20};   ///< of FWDGUARD_FAULTS=some
    bool outside = false;              ///< the daemon enters the namespace by --netns
    bool surveyed = false;             ///< waits until the quiet host has been looked at
    bool tableGoes = true;             ///< the table is deleted and made anew
    bool marked = false;               ///< a flow that Docker lets pass by a mark of ours
    bool onBus = false;
    bool toJournal = false;
};

/// Where one worker's trials happen, beyond the network namespace that each has of its own.
struct Surroundings {
    Environment environment{};
    std::string checkBus{}; ///< a command that succeeds when the daemon answers on the bus
    std::string journal{};  ///< the file that what came to the journal is written to
};

struct Outcome {
    enum class Kind : char {
        lived = 'l',     ///< and everything stood after each change
        restarted = 'r', ///< it ended with a reason; the next one put all right
        leftAlone = 'n', ///< it was not permitted to start, which systemd does not try again
        unreached = 'u', ///< the call did not happen this time, all well otherwise
        late = 'a',      ///< something came back with the next change only
        broken = 'b',
    };
    Kind kind = Kind::lived;
    std::string text{}; ///< what broke, or was late
};

/// What the daemon may use beyond what it uses without faults.
struct Cost {
    std::chrono::milliseconds cpu{};
};

/// Runs the scenario once, in a new network namespace, with this fault.
Outcome attempt(
    const Scenario& scenario, const Surroundings& around, const Fault& fault, const Cost& usual);

/// The same without faults: all system calls that were made.
struct Census {
    Calls calls;
    Cost cost;
    std::string problem;
};
Census count(const Scenario& scenario, const Surroundings& around);

} // namespace fwdguard::faults
