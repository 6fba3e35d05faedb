// SPDX-License-Identifier: GPL-2.0-or-later
// The one place that knows which Catch2 is installed.
#pragma once

#include <iostream>
#include <stdexcept>
#include <string>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

namespace fwdguard::test {

/// A matcher for CHECK_THAT: Catch2 3 gave "Contains" another meaning.
inline auto containing(const std::string& part)
{
#if CATCH_VERSION_MAJOR >= 3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

/// Ends the test case, which counts as skipped.
[[noreturn]] inline void skip(const std::string& reason)
{
#ifdef SKIP
    SKIP(reason);
#else
    // Catch2 2 cannot skip; CTest can, by this word (SKIP_REGULAR_EXPRESSION).
    std::cout << "SKIPPED: " << reason << std::endl;
#endif
    throw std::runtime_error("SKIPPED: " + reason);
}

} // namespace fwdguard::test
