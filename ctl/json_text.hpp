// SPDX-License-Identifier: GPL-2.0-or-later
// Values of the status JSON as words. Absent, null and unexpected values are words as well: a newer
// daemon must not crash an older client.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace fwdguard::ctl {

using Json = nlohmann::ordered_json;

/// The member as printable text; "" when it is absent or null.
[[nodiscard]] std::string textOf(const Json& object, const char* key);

/// A count in at most 7 columns: 999999, 1.0M, 12.3G; "-" when it is absent or null.
[[nodiscard]] std::string countOf(const Json& object, const char* key);

/// An RFC 3339 time of the JSON in this machine's time zone, "Sun 2025-11-23 13:41:02 UTC"; any
/// other text as it is.
[[nodiscard]] std::string timeOf(const Json& object, const char* key);

/// "41 us", "4.1 ms", "1.2 s"; "" when it is absent or null.
[[nodiscard]] std::string microsecondsOf(const Json& object, const char* key);

} // namespace fwdguard::ctl
