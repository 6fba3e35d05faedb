// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace fwdguard::test {

/// Runs `work` in a child process with namespaces of its own (CLONE_NEW* flags), so that nothing of
/// this one changes, and returns what it returned; "threw: …" for an exception. nullopt, after a
/// line "SKIPPED: …", when such namespaces cannot be had.
[[nodiscard]] std::optional<std::string>
inChild(int namespaces, const std::function<std::string()>& work);

} // namespace fwdguard::test
