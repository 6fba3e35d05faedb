// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <variant>

#include <spdlog/common.h>

namespace fwdguard::daemon {

struct Options {
    std::optional<std::filesystem::path> config{}; ///< absent: the default file, if there is one
    std::optional<std::filesystem::path> netns{};  ///< absent: our own network namespace
    bool checkConfig = false;
    spdlog::level::level_enum logLevel = spdlog::level::info;
};

/// The command line; or, when there is nothing left to do (--help, --version, a usage error), the
/// exit status after telling so.
[[nodiscard]] std::variant<Options, int> parseOptions(int argc, char** argv);

} // namespace fwdguard::daemon
