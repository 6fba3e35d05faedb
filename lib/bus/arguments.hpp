// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard::bus {

/// An error reply.
struct ArgumentError {
    const char* name = ""; ///< of the D-Bus error
    std::string text{};
    bool operator==(const ArgumentError&) const = default;
};

/// Longer holds are written as 0, until released; this also keeps the sum with any clock in range.
inline constexpr std::uint64_t longestHold = 366ULL * 24 * 60 * 60;

/// Why no method takes this for a rule; nullopt when it is one of `declared`, or "all".
[[nodiscard]] std::optional<ArgumentError>
refuseRule(std::string_view rule, const std::vector<std::string>& declared);

/// Why nothing can be held for that long; nullopt when it can.
[[nodiscard]] std::optional<ArgumentError> refuseDuration(std::uint64_t seconds);

} // namespace fwdguard::bus
