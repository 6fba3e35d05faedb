// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/flow.hpp"

#include <filesystem>
#include <string_view>

namespace fwdguard::config {

/// What Docker's configuration says of the options that flows depend on. Everything else in it, and
/// values that Docker would refuse, are passed over: it is Docker's file.
[[nodiscard]] DockerOptions dockerOptionsOf(std::string_view text);

/// The same of a file. One that is not there says nothing, one that cannot be read says why.
[[nodiscard]] DockerOptions readDockerOptions(const std::filesystem::path& file);

} // namespace fwdguard::config
