// SPDX-License-Identifier: GPL-2.0-or-later
// The model tier's scenario files on the real kernel's legacy tables.
#include "legacy_world.hpp"
#include "model/scenario.hpp"
#include "support.hpp"
#include "support/catch.hpp"

using namespace fwdguard;

TEST_CASE("every scenario that legacy tables can play holds on the real ones")
{
    std::size_t played = 0;
    for (const auto& file : model::scenarioFiles()) {
        if (!model::canPlay(file, BackendKind::legacy, true))
            continue;
        ++played;
        const legacy::Namespace netns;
        legacy::LegacyWorld world;
        INFO(file);
        CHECK_NOTHROW(model::runScenario(file, world));
    }
    CHECK(played >= 14);
}
