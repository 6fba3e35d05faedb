// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace fwdguard::test {

/// Runs a program without a shell in the current network namespace, with `input` on its standard
/// input. Returns what it prints; throws std::runtime_error with that when it fails.
std::string runProcess(const std::vector<std::string>& words, const std::string& input = {});

} // namespace fwdguard::test
