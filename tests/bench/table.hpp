// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bench/samples.hpp"

#include <string>

#include <nlohmann/json.hpp>

namespace fwdguard::bench {

/// One line a restorer: how often, median, p99, maximum.
void printHeader(const std::string& what);
nlohmann::json row(const std::string& name, const Samples& samples);

/// "fwd-guard / floor: p50 1.3, p99 1.9", and an empty line.
void printRatio(const Samples& floor, const Samples& guard);

/// One line a value of what is varied: floor and fwd-guard side by side, and their ratios.
void printComparisonHeader(const std::string& what);
nlohmann::json comparison(const std::string& value, const Samples& floor, const Samples& guard);

} // namespace fwdguard::bench
