// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "model/walk/firewall.hpp"

#include <string>
#include <vector>

namespace fwdguard::walk {

/// Which of the declared rules of one chain, each of them listed once, does not stand where its
/// position says, or stands in the wrong order beside those of the same position; empty: none.
[[nodiscard]] std::string
misplaced(const std::vector<const DeclaredRule*>& rules, const std::vector<ListedRule>& listed);

} // namespace fwdguard::walk
