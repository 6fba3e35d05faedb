// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

namespace fwdguard::daemon {

[[nodiscard]] Now readClocks();

} // namespace fwdguard::daemon
