// SPDX-License-Identifier: GPL-2.0-or-later
#include "reporter.hpp"

#include "report/wording.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace fwdguard::daemon {

namespace {

/// Without numbers that every repair changes: the service manager is told of states, and while it
/// does not read, a message waits for it.
std::string summarise(const Status& status)
{
    const auto inPlace = std::ranges::count(status.rules, RuleState::inPlace, &RuleStatus::state);
    std::string text{toString(status.state)};
    text +=
        ": " + std::to_string(inPlace) + " of " + std::to_string(status.rules.size()) + " rules";
    if (!status.flows.empty()) {
        const auto flows = std::ranges::count(status.flows, FlowState::inPlace, &FlowStatus::state);
        text +=
            ", " + std::to_string(flows) + " of " + std::to_string(status.flows.size()) + " flows";
    }
    text += " in place";
    for (const RuleStatus& rule : status.rules)
        if (rule.state != RuleState::inPlace) {
            text += "; " + rule.key.id + " " + std::string(toString(rule.state));
            if (!rule.detail.empty())
                text += " (" + rule.detail + ")";
            break;
        }
    for (const FlowStatus& flow : status.flows)
        if (flow.state != FlowState::inPlace)
            text += "; flow " + flow.id + ' ' + std::string(toString(flow.state)) + " (" +
                    flow.detail + ')';
    return text;
}

} // namespace

HostReporter::HostReporter(
    sys::EventLoop& loop,
    report::Log& log,
    bus::Service& bus,
    sys::ServiceManager& manager,
    Context context,
    Complete complete)
    : log_(log), bus_(bus), manager_(manager), context_(std::move(context)),
      complete_(std::move(complete)),
      due_(loop.addTimer([this] { showWaiting(); }, sys::Priority::last))
{
}

HostReporter::~HostReporter()
{
    try {
        while (tellNext())
            ;
    } catch (const std::exception&) { // the reason for the end is told by somebody else
    }
}

void HostReporter::report(const Report& report)
{
    untold_.push_back(report);
}

bool HostReporter::tellNext()
{
    if (untold_.empty())
        return false;
    const Report oldest = std::move(untold_.front());
    untold_.pop_front();
    tell(oldest);
    return true;
}

void HostReporter::tell(const Report& report)
{
    const report::Message message = report::messageOf(report);
    log_.write(message);
    if (const auto* incident = std::get_if<Incident>(&report)) {
        if (incident->exposure)
            bus_.repaired(*incident, message.text);
        else
            bus_.stateChanged(
                incident->key.id, toString(incident->state), report::newsOf(*incident));
    } else if (const auto* change = std::get_if<RuleStateChanged>(&report)) {
        bus_.stateChanged(change->key.id, toString(change->to), change->detail);
    }
}

void HostReporter::publish(const Status& status)
{
    constexpr std::chrono::milliseconds others{50};
    if (!waiting_)
        due_.arm(std::chrono::steady_clock::now() + others);
    waiting_ = status;
}

void HostReporter::showWaiting()
{
    if (waiting_)
        show(*std::exchange(waiting_, std::nullopt));
}

void HostReporter::show(const Status& known)
{
    Status status = known;
    complete_(status);
    bus_.publish(status, context_().configError.value_or(""));
    waiting_.reset();
    std::string summary = summarise(status);
    if (std::exchange(summary_, std::move(summary)) != summary_)
        manager_.status(summary_);
    shown_ = std::move(status);
    text_.clear();
}

const std::string& HostReporter::text()
{
    if (text_.empty())
        text_ = report::statusJson(shown_, context_());
    return text_;
}

} // namespace fwdguard::daemon
