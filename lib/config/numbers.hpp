// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"
#include "core/rule_body.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fwdguard::config {

/// Decimal digits without sign, blanks or leading zeros, from 0 to `most`.
[[nodiscard]] std::optional<std::uint64_t> parseDecimal(std::string_view text, std::uint64_t most);

/// A port "80" or a range "8000-8100", from 1 to 65535.
[[nodiscard]] Parsed<PortRange> parsePorts(std::string_view text);

/// A name from the list of protocols, or nothing else: "tcp", "udp", "icmp", "icmpv6", ...
[[nodiscard]] Parsed<std::uint8_t> parseProtocolName(std::string_view text);

/// "0x1", "0x1/0xff", "!0x1"; decimal too.
[[nodiscard]] Parsed<MarkMatch> parseMark(std::string_view text);

/// A state, or why the word is none.
[[nodiscard]] Parsed<CtStates> parseCtState(std::string_view text);

/// Digits and a unit, ms, s, m or h: "500ms", "10s", "5m", "1h". At most a day.
[[nodiscard]] Parsed<std::chrono::milliseconds> parseDuration(std::string_view text);

} // namespace fwdguard::config
