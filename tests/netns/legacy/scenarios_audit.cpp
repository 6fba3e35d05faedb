// SPDX-License-Identifier: GPL-2.0-or-later
// The model tier's scenario files on the real kernel's legacy tables, heard over the audit stream.
#include "legacy_world.hpp"
#include "model/scenario.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <utility>

using namespace fwdguard;

TEST_CASE("every scenario that legacy tables can play holds by the audit stream's events alone")
{
    const legacy::AuditSetting on = legacy::switchAudit(true);
    std::size_t played = 0;
    for (const auto& file : model::scenarioFiles()) {
        if (!model::canPlay(file, BackendKind::legacy, true))
            continue;
        ++played;
        auto stream = legacy::streamOrSkip();
        legacy::AuditBarrier barrier;
        const legacy::Namespace netns;
        legacy::LegacyWorld world(std::move(stream), std::move(barrier));
        INFO(file);
        CHECK_NOTHROW(model::runScenario(file, world));
    }
    CHECK(played >= 14);
}
