// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace fwdguard::config {

/// Why a configuration is refused, whole.
struct Problem {
    std::filesystem::path file;
    std::string pointer; ///< JSON pointer (RFC 6901); empty: the file itself
    std::string found;
    std::string allowed;
};

/// "FILE: POINTER: found X; allowed: Y", on one line and without control characters.
[[nodiscard]] std::string toString(const Problem& problem);

} // namespace fwdguard::config
