// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/status.hpp"

#include <string>

namespace fwdguard::busTest {

/// A status and its JSON, written by hand.
struct Canned {
    Status status;
    std::string json;
    std::string configError;
};

/// "calm": two rules in place. "damaged": to-docker0 was deleted and is back, its counters went on.
/// "moved": both rules, and nothing else, have another handle. "fewer": from-docker0 is declared no
/// more. "families": one id in two families, and a policy. Any other name throws std::out_of_range.
[[nodiscard]] Canned canned(const std::string& name);

/// The incident of "damaged", and the same as it stands in the JSON.
[[nodiscard]] Incident deletion();
[[nodiscard]] std::string deletionText();

} // namespace fwdguard::busTest
