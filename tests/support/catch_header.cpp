// SPDX-License-Identifier: GPL-2.0-or-later
// What a precompiled header needs to belong to (cmake/catch2.cmake).
#include "support/catch.hpp"
