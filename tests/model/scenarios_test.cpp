// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/fake_world.hpp"
#include "model/scenario.hpp"
#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::model;

TEST_CASE("every scenario holds on the fake kernel")
{
    const auto files = scenarioFiles();
    REQUIRE(files.size() >= 10);
    for (const auto& file : files) {
        FakeWorld world;
        INFO(file);
        CHECK_NOTHROW(runScenario(file, world));
    }
}

TEST_CASE("every scenario that legacy tables can play holds on a fake kernel of theirs")
{
    std::size_t played = 0;
    for (const auto& file : scenarioFiles()) {
        if (!canPlay(file, BackendKind::legacy, false))
            continue;
        ++played;
        FakeWorld world(BackendKind::legacy);
        INFO(file);
        CHECK_NOTHROW(runScenario(file, world));
    }
    CHECK(played >= 16);
}
