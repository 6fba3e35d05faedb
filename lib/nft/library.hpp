// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

namespace fwdguard::nft {

/// The file of libnftnl as this process has loaded it: iptables, nft and whatever else of the
/// distribution writes nf_tables loads the same. Empty when that cannot be told.
[[nodiscard]] std::filesystem::path libraryFile();

} // namespace fwdguard::nft
