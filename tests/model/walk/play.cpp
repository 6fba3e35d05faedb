// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/play.hpp"

#include "model/shrink.hpp"
#include "model/walk/walk.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>

namespace fwdguard::walk {

namespace {

std::optional<unsigned long> setting(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional(std::stoul(value));
}

} // namespace

std::string play(Firewall& firewall, const std::vector<Step>& steps, bool impatient)
{
    constexpr std::size_t pause = 12;
    try {
        Walk walk(firewall, impatient);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            walk.step(steps[i]);
            if (i % pause == pause - 1)
                if (std::string problem = walk.quiet(); !problem.empty())
                    return problem;
        }
        return walk.quiet();
    } catch (const std::exception& error) {
        return error.what();
    }
}

std::string playAll(std::uint32_t seed, std::size_t count, const Player& player)
{
    for (std::size_t done = 0; done < count; done += stepsOfWalk, ++seed) {
        const auto steps = randomSteps(seed, std::min(stepsOfWalk, count - done));
        // In one of four walks the guard is soon in a contest, and has to come out of it.
        const bool impatient = seed % 4 == 0;
        if (player(steps, impatient).empty())
            continue;
        const auto few = model::shrink(
            steps, [&](const std::vector<Step>& some) { return !player(some, impatient).empty(); });
        return "FWDGUARD_SEED=" + std::to_string(seed) +
               " FWDGUARD_STEPS=" + std::to_string(steps.size()) + ": " + player(few, impatient) +
               ", after: " + toText(few);
    }
    return "";
}

std::uint32_t seedOfThisRun(std::uint32_t otherwise)
{
    return static_cast<std::uint32_t>(setting("FWDGUARD_SEED").value_or(otherwise));
}

std::size_t stepsOfThisRun(std::size_t otherwise)
{
    return setting("FWDGUARD_STEPS").value_or(otherwise);
}

} // namespace fwdguard::walk
