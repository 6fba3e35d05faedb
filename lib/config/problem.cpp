// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/problem.hpp"

#include "config/refusal.hpp"

namespace fwdguard::config {

std::string toString(const Problem& problem)
{
    const std::string pointer = problem.pointer.empty() ? "" : problem.pointer + ": ";
    return printable(
        problem.file.string() + ": " + pointer + "found " + problem.found +
        "; allowed: " + problem.allowed);
}

} // namespace fwdguard::config
