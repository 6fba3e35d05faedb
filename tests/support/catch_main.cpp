// SPDX-License-Identifier: GPL-2.0-or-later
// Catch2 2 wants its main() in one translation unit; Catch2 3 ships it as a library.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
