// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "nft/backend.hpp"

#include <vector>

namespace fwdguard::test {

/// The chains of the current network namespace that hold a rule with our tag.
[[nodiscard]] std::vector<ChainId> chainsWithTags();

/// nf_tables with the search that the daemon does beside it.
class SearchingBackend : public nft::Backend {
  public:
    using Backend::Backend;
    [[nodiscard]] static std::vector<ChainId> chainsWithTags() { return test::chainsWithTags(); }
};

} // namespace fwdguard::test
