// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/part.hpp"
#include "config/problem.hpp"
#include "core/declared.hpp"

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace fwdguard::config {

struct NamedPart {
    std::filesystem::path file;
    Part part;
};

struct Merged {
    Declaration declaration;
    std::vector<std::string> warnings; ///< "FILE: POINTER: sentence"
};

/// Makes one declaration of several files in reading order: rules and policies are appended, of
/// everything else the last word counts. Refuses an id, or a chain's policy, that is declared
/// twice.
[[nodiscard]] std::variant<Merged, Problem> merge(const std::vector<NamedPart>& parts);

} // namespace fwdguard::config
