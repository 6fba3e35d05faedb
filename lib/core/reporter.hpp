// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/incident.hpp"
#include "core/status.hpp"

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace fwdguard {

/// A rule went from one state to another for a reason that is not an incident's end.
struct RuleStateChanged {
    RuleKey key{};
    ChainId chain{};
    RuleState from = RuleState::waiting;
    RuleState to = RuleState::inPlace;
    std::string detail{}; ///< the reason, or empty
    Cause opponent{};     ///< to == contested: who undid the repairs
};

/// The kernel dropped announcements; every guarded chain is read again.
struct Overrun {
    std::uint64_t total = 0;
};

/// A rule with our tag that is not declared any more was taken out.
struct RetiredRemoved {
    RuleKey key{};
    ChainId chain{};
};

/// A rule with our tag that we do not declare was put back each time it was taken out. It is not
/// touched any more.
struct RetiredLeft {
    RuleKey key{};
    ChainId chain{};
    Cause opponent{}; ///< who put it back last
};

/// A rule with our tag that is not declared any more could not be taken out; the guard tries again.
struct RetiredRefused {
    RuleKey key{};
    ChainId chain{};
    std::error_code error{};
};

/// A chain could not be read; the guard tries again.
struct ReadFailed {
    ChainId chain{};
    std::error_code error{};
};

using Report = std::variant<
    Incident,
    RuleStateChanged,
    Overrun,
    RetiredRemoved,
    RetiredLeft,
    RetiredRefused,
    ReadFailed>;

/// Where the driver's words go.
class Reporter {
  public:
    virtual ~Reporter() = default;

    virtual void report(const Report& report) = 0;

    /// `status` differs from the one published before.
    virtual void publish(const Status& status) = 0;
};

} // namespace fwdguard
