// SPDX-License-Identifier: GPL-2.0-or-later
// The model tier's scenario files on the real kernel: what the fake promises is held against it.
#include "model/scenario.hpp"
#include "netns/nft_world.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"

using namespace fwdguard;

TEST_CASE("every scenario holds on the real kernel")
{
    for (const auto& file : model::scenarioFiles()) {
        const test::FreshNetns netns;
        test::NftWorld world;
        INFO(file);
        CHECK_NOTHROW(model::runScenario(file, world));
    }
}
