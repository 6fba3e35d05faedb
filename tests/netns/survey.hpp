// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/survey.hpp"

#include <cstddef>

namespace fwdguard::test {

/// Surveys the current network namespace, while nobody changes anything.
[[nodiscard]] Survey readSurvey(std::size_t maxRules = 1'000);

} // namespace fwdguard::test
