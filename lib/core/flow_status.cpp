// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/flow_status.hpp"

#include <algorithm>

namespace fwdguard {

namespace {

std::string joined(const std::vector<std::string>& parts, const char* separator)
{
    std::string text;
    for (const std::string& part : parts)
        text += (text.empty() ? "" : separator) + part;
    return text;
}

std::string wordsOfMissing(const std::vector<std::string>& interfaces)
{
    return (interfaces.size() == 1 ? "no interface " : "no interfaces ") + joined(interfaces, ", ");
}

FlowState stateOf(RuleState state)
{
    switch (state) {
    case RuleState::inPlace:
        return FlowState::inPlace;
    case RuleState::waiting:
        return FlowState::waiting;
    case RuleState::repairing:
        return FlowState::repairing;
    case RuleState::contested:
        return FlowState::contested;
    case RuleState::shadowed:
        return FlowState::shadowed;
    case RuleState::failed:
        return FlowState::failed;
    case RuleState::held:
        return FlowState::held;
    }
    return FlowState::failed;
}

bool hinders(const RuleStatus& rule)
{
    return rule.state != RuleState::inPlace &&
           !(rule.state == RuleState::waiting && mayWaitFor(rule.chain));
}

FlowStatus statusOf(const ExpandedFlow& expanded, const std::vector<RuleStatus>& rules)
{
    FlowLack lack = lackOf(expanded);
    FlowStatus status{
        .id = expanded.flow.id, .state = lack.state, .detail = std::move(lack.detail), .rules = {}};
    for (const DeclaredRule& declared : expanded.expansion.rules) {
        status.rules.push_back(declared.key.id);
        for (const RuleStatus& rule : rules) { // one in each backend that holds it
            if (rule.key.id != declared.key.id || !hinders(rule) ||
                stateOf(rule.state) <= status.state)
                continue;
            status.state = stateOf(rule.state);
            status.detail = declared.key.id + (rule.detail.empty() ? "" : ": " + rule.detail);
        }
    }
    return status;
}

} // namespace

bool mayWaitFor(const ChainId& chain)
{
    return chain.table == "raw";
}

FlowLack lackOf(const ExpandedFlow& flow)
{
    const Expansion& expansion = flow.expansion;
    std::vector<std::string> details;
    if (flow.markError)
        details.push_back("cannot mark packets for Docker: " + *flow.markError);
    if (!expansion.dockerLines.empty())
        details.push_back(
            "Docker's nftables backend drops it: add to " + flow.dockerFile + ' ' +
            joined(expansion.dockerLines, ", ") + ", and restart Docker" +
            (flow.dockerTrouble.empty() ? "" : " (cannot read it: " + flow.dockerTrouble + ')'));
    else if (expansion.dockerRestart)
        details.push_back(
            "Docker's nftables backend drops it: restart Docker, which does not yet do what " +
            flow.dockerFile + " says");
    const bool degraded = !details.empty();
    if (!expansion.missingInterfaces.empty())
        details.push_back(wordsOfMissing(expansion.missingInterfaces));
    if (degraded)
        return {.state = FlowState::degraded, .detail = joined(details, "; ")};
    return {
        .state = details.empty() ? FlowState::inPlace : FlowState::waiting,
        .detail = joined(details, "; ")};
}

void addFlows(Status& status, std::span<const ExpandedFlow> flows)
{
    for (const ExpandedFlow& flow : flows)
        status.flows.push_back(statusOf(flow, status.rules));
    const bool calm = status.state == ManagerState::guarding ||
                      status.state == ManagerState::repairing || status.state == ManagerState::held;
    if (calm && std::ranges::any_of(flows, [](const ExpandedFlow& flow) {
            return lackOf(flow).state == FlowState::degraded;
        }))
        status.state = ManagerState::degraded;
}

} // namespace fwdguard
