// SPDX-License-Identifier: GPL-2.0-or-later
// What most of our files include of the standard library, for FWDGUARD_PRECOMPILE. Nobody includes
// this file: without that option each file must name what it needs.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>
