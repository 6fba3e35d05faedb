// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/status.hpp"

#include "core/words.hpp"

namespace fwdguard {

namespace {
constexpr std::array<std::string_view, 7> managerStateWords{
    "starting", "guarding", "repairing", "contested", "degraded", "held", "stopping"};
constexpr std::array<std::string_view, 8> flowStateWords{
    "in-place", "held", "repairing", "waiting", "shadowed", "contested", "degraded", "failed"};
} // namespace

std::string_view toString(ManagerState state)
{
    return wordOf(managerStateWords, state);
}

std::string_view toString(FlowState state)
{
    return wordOf(flowStateWords, state);
}

} // namespace fwdguard
