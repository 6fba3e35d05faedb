// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/message.hpp"

#include "report/printable.hpp"
#include "report/wording.hpp"

#include <variant>

namespace fwdguard::report {

namespace {

MessageKind kindOfState(RuleState state)
{
    switch (state) {
    case RuleState::inPlace:
        return MessageKind::inPlace;
    case RuleState::waiting:
        return MessageKind::waiting;
    case RuleState::repairing:
        return MessageKind::damaged;
    case RuleState::contested:
        return MessageKind::contested;
    case RuleState::shadowed:
        return MessageKind::shadowed;
    case RuleState::failed:
        return MessageKind::failed;
    case RuleState::held:
        return MessageKind::held;
    }
    return MessageKind::inPlace;
}

struct KindOf {
    MessageKind operator()(const Incident& incident) const
    {
        return incident.exposure ? MessageKind::repaired : MessageKind::damaged;
    }
    MessageKind operator()(const RuleStateChanged& change) const
    {
        // Trouble is reported as such whatever came before it.
        const bool calm = change.to == RuleState::inPlace || change.to == RuleState::waiting ||
                          change.to == RuleState::repairing;
        if (change.from == RuleState::held && calm)
            return MessageKind::released;
        if (change.from == RuleState::contested && change.to == RuleState::inPlace)
            return MessageKind::contestOver;
        return kindOfState(change.to);
    }
    MessageKind operator()(const Overrun&) const { return MessageKind::overrun; }
    MessageKind operator()(const RetiredRemoved&) const { return MessageKind::retiredRemoved; }
    MessageKind operator()(const RetiredLeft&) const { return MessageKind::retiredLeft; }
    MessageKind operator()(const RetiredRefused&) const { return MessageKind::retiredRefused; }
    MessageKind operator()(const ReadFailed&) const { return MessageKind::readFailed; }
};

} // namespace

MessageKind kindOf(const Report& report)
{
    return std::visit(KindOf{}, report);
}

std::string textOf(const Report& report)
{
    return printable(std::visit([](const auto& known) { return wordsOf(known); }, report));
}

Message messageOf(const Report& report)
{
    return {.kind = kindOf(report), .text = textOf(report), .fields = fieldsOf(report)};
}

} // namespace fwdguard::report
