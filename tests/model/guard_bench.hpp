// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/driver.hpp"
#include "model/fake_world.hpp"
#include "model/recorder.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fwdguard::model {

using namespace std::chrono_literals;

inline const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};
inline const ChainId input{.family = Family::ip, .table = "filter", .chain = "INPUT"};

inline DeclaredRule ruleAtHead(const std::string& id, const ChainId& chain = forward)
{
    return {
        .key = {.id = id, .family = chain.family},
        .chain = chain,
        .position = {},
        .body = bodyOf(id),
    };
}

/// A guard of the declared rules on a fake kernel that has both chains.
struct Bench {
    explicit Bench(std::vector<DeclaredRule> rules) : Bench(Declaration{.rules = std::move(rules)})
    {
    }

    explicit Bench(Declaration declaration) : guard(std::move(declaration))
    {
        world.addTable(Family::ip, "filter");
        world.addChain(forward, Policy::drop);
        world.addChain(input, Policy::accept);
        driver.handle(Started{});
        recorder.reports.clear();
    }

    void pass(std::chrono::milliseconds time) { now.instant += time; }

    /// Moves the clock to the guard's next appointment and keeps it.
    void sleepUntilWoken()
    {
        const auto at = driver.wakeAt();
        REQUIRE(at.has_value());
        now.instant = std::max(now.instant, *at);
        driver.handle(Woke{});
    }

    [[nodiscard]] RuleStatus status(const std::string& id) const
    {
        for (const RuleStatus& rule : guard.status().rules)
            if (rule.key.id == id)
                return rule;
        throw std::runtime_error("no rule " + id);
    }

    [[nodiscard]] std::vector<std::string> rules() { return world.list(forward).value(); }

    FakeWorld world{};
    Recorder recorder{};
    Now now{.instant = Instant{1h}, .wall = WallTime{}};
    Guard guard;
    Driver driver{guard, world.kernel(), recorder, [this] { return now; }};
};

using Names = std::vector<std::string>;

} // namespace fwdguard::model
