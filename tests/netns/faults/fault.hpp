// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace fwdguard::faults {

/// One thing that goes wrong in one run of the daemon.
struct Fault {
    std::string function{}; ///< the system call, such as "recvmmsg"
    std::string what{};     ///< on what: the name of a socket, or a kind of file
    int call = 1;           ///< the how-many-th of these calls, from 1
    std::string effect{};   ///< interposer/injection.hpp has the words
    int number = 0;         ///< errno
    int lasting = 0;        ///< milliseconds in which the calls behind that one fail as well

    [[nodiscard]] bool operator==(const Fault&) const = default;
};

/// "recvmmsg reader 12 error 105 0": what the interposer and FWDGUARD_FAULTS understand.
std::string orderOf(const Fault& fault);
Fault faultOf(const std::string& order);

/// For people: "recvmmsg on reader, call 12: ENOBUFS".
std::string describe(const Fault& fault);

/// A function and what it was called on; how often, in a run without faults.
struct Site {
    std::string function;
    std::string what;
    [[nodiscard]] auto operator<=>(const Site&) const = default;
};
using Calls = std::map<Site, int>;

/// Of the interposer's log.
Calls callsIn(const std::string& log);

/// Every fault of every call.
std::vector<Fault> allFaults(const Calls& calls);

/// Each kind of fault at each site once, at a call drawn by lot.
std::vector<Fault> someFaults(const Calls& calls, unsigned int seed);

} // namespace fwdguard::faults
