// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/tags.hpp"

#include "nft/tag_search.hpp"
#include "support/catch.hpp"

namespace fwdguard::test {

std::vector<ChainId> chainsWithTags()
{
    using Progress = nft::TagSearch::Progress;
    nft::TagSearch search;
    Progress progress = search.begin();
    while (progress == Progress::going)
        progress = search.step();
    INFO(search.error().message());
    REQUIRE(progress == Progress::done);
    return search.take();
}

} // namespace fwdguard::test
