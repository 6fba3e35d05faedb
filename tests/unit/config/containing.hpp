// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/catch.hpp"

#include <string>

namespace fwdguard::config::test {

/// A matcher for CHECK_THAT: Catch2 3 gave "Contains" another meaning.
inline auto containing(const std::string& part)
{
#if CATCH_VERSION_MAJOR >= 3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

} // namespace fwdguard::config::test
