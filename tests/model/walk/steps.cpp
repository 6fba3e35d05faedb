// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/steps.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace fwdguard::walk {

namespace {

struct Named {
    Step::Kind kind;
    const char* word;
    std::uint32_t weight; ///< how often, of the sum of all
};

using Kind = Step::Kind;

constexpr std::array kinds{
    Named{Kind::write, "write", 14},
    Named{Kind::jump, "jump", 6},
    Named{Kind::erase, "erase", 10},
    Named{Kind::replace, "replace", 4},
    Named{Kind::tagged, "tagged", 5},
    Named{Kind::eraseOurs, "erase ours", 5},
    Named{Kind::alterOurs, "alter ours", 4},
    Named{Kind::flush, "flush", 5},
    Named{Kind::batch, "batch", 4},
    Named{Kind::deleteChain, "delete chain", 2},
    Named{Kind::addChain, "add chain", 4},
    Named{Kind::rename, "rename", 3},
    Named{Kind::recreateTable, "recreate table", 2},
    Named{Kind::policy, "policy", 3},
    Named{Kind::restore, "restore", 2},
    Named{Kind::restoreNoflush, "restore --noflush", 2},
    Named{Kind::saveAndRestore, "save and restore", 1},
    Named{Kind::element, "element", 4},
    Named{Kind::hold, "hold", 2},
    Named{Kind::release, "release", 2},
    Named{Kind::reload, "reload", 2},
    Named{Kind::restart, "restart", 1},
    Named{Kind::check, "check", 1},
    Named{Kind::race, "race", 3},
    Named{Kind::unreadable, "unreadable", 1},
    Named{Kind::lose, "lose", 1},
    Named{Kind::wait, "wait", 2},
    Named{Kind::hear, "hear", 5},
};

constexpr std::uint32_t totalWeight()
{
    std::uint32_t total = 0;
    for (const Named& kind : kinds)
        total += kind.weight;
    return total;
}

Kind kindAt(std::uint32_t weight)
{
    for (const Named& kind : kinds) {
        if (weight < kind.weight)
            return kind.kind;
        weight -= kind.weight;
    }
    return Kind::hear;
}

} // namespace

std::string toText(const std::vector<Step>& steps)
{
    std::string text;
    for (const Step& step : steps) {
        const auto* named = std::ranges::find(kinds, step.kind, &Named::kind);
        text += std::string(named->word) + ' ' + std::to_string(step.number) + "; ";
    }
    return text;
}

std::vector<Step> randomSteps(std::uint32_t seed, std::size_t count)
{
    std::mt19937 random{seed};
    std::vector<Step> steps;
    steps.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const Kind kind = kindAt(static_cast<std::uint32_t>(random() % totalWeight()));
        steps.push_back({.kind = kind, .number = static_cast<std::uint32_t>(random())});
    }
    return steps;
}

} // namespace fwdguard::walk
