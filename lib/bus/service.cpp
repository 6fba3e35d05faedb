// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/service.hpp"

#include "bus/text.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace fwdguard::bus {

namespace {

/// How long announcements wait when the bus daemon does not read.
constexpr std::chrono::milliseconds drainRetry{1000};

RuleProperties busProperties(const RuleStatus& rule)
{
    auto properties = propertiesOf(rule);
    for (auto* text :
         {&properties.id,
          &properties.table,
          &properties.chain,
          &properties.position,
          &properties.detail})
        *text = busText(*text);
    return properties;
}

std::vector<std::string> distinctIds(const std::vector<RuleStatus>& rules)
{
    std::vector<std::string> ids;
    std::set<std::string_view> seen;
    for (const auto& rule : rules)
        if (seen.insert(rule.key.id).second)
            ids.push_back(rule.key.id);
    return ids;
}

} // namespace

Service::Service(sd_event* event, Commands& commands, Surroundings surroundings)
    : commands_(commands), incidentText_(std::move(surroundings.incidentText)),
      urgent_(std::move(surroundings.urgent)), view_{.version = std::move(surroundings.version)},
      goOn_(event, [this] { goOn(); }), connection_(event, *this, std::move(surroundings.onChange))
{
}

Service::~Service() = default;

/// Puts something on the bus. What it does not take, a new connection shows; the guard goes on.
template <class Function>
void Service::attempt(const Function& function)
{
    try {
        function();
    } catch (const sdbus::Error& e) {
        connection_.giveUp(e.what());
    }
}

void Service::publish(const Status& status, const std::string& configError)
{
    view_.properties = propertiesOf(status, busText(configError));
    view_.ruleIds = distinctIds(status.rules);
    for (const FlowStatus& flow : status.flows)
        view_.ruleIds.push_back(flow.id);
    const auto paths = objectPaths(status.rules);
    removeOthers(paths);
    updateRules(paths, status.rules);
    announceChanges();
    if (!std::exchange(started_, true))
        connection_.start();
}

void Service::removeOthers(const std::vector<std::string>& paths)
{
    const std::set<std::string_view> wanted{paths.begin(), paths.end()};
    for (auto rule = rules_.begin(); rule != rules_.end();) {
        if (wanted.contains(rule->first)) {
            ++rule;
            continue;
        }
        if (rule->second.object)
            attempt([&] { rule->second.object->emitRemoved(); });
        rule = rules_.erase(rule);
    }
}

void Service::updateRules(
    const std::vector<std::string>& paths, const std::vector<RuleStatus>& rules)
{
    for (std::size_t i = 0; i < rules.size(); ++i)
        rules_[paths[i]].view = {
            .properties = busProperties(rules[i]), .lastIncident = rules[i].lastIncident};
}

void Service::announceChanges()
{
    if (manager_ == nullptr)
        return;
    if (!connection_.congested())
        attempt([this] { manager_->announceChanges(); });
    announceRules();
}

/// A message a rule: with a thousand rules longer than a repair may wait.
void Service::announceRules()
{
    for (auto& [path, rule] : rules_) {
        if (connection_.congested())
            return goOn_.arm(drainRetry);
        bool sent = true;
        attempt([&, &path = path, &rule = rule] {
            if (rule.object) {
                sent = rule.object->announceChanges();
            } else {
                addObject(path, rule);
                rule.object->emitAdded();
            }
        });
        if (sent && urgent_())
            return goOn_.arm({});
    }
}

void Service::addObject(const std::string& path, Rule& rule)
{
    rule.object = std::make_unique<RuleObject>(*bus_, path, rule.view, incidentText_);
}

void Service::checked(bool allInPlace) noexcept
{
    if (manager_ == nullptr)
        return;
    manager_->checked(allInPlace);
    static_cast<void>(answerCallers());
}

/// As with rules: there may be thousands. Returns whether none is left.
bool Service::answerCallers() noexcept
{
    while (manager_ != nullptr && manager_->answerNext()) {
        if (urgent_()) {
            goOn_.arm({});
            return false;
        }
    }
    return true;
}

void Service::goOn()
{
    if (answerCallers())
        announceChanges();
}

void Service::repaired(const Incident& incident, const std::string& message)
{
    if (manager_ == nullptr || connection_.congested())
        return;
    const auto exposure = incident.exposure.value_or(std::chrono::microseconds{0});
    const auto usec = std::max<std::chrono::microseconds::rep>(exposure.count(), 0);
    attempt([&] {
        manager_->emitRepaired(
            busText(incident.key.id),
            std::string{toString(incident.key.family)},
            std::string{toString(incident.damage)},
            static_cast<std::uint64_t>(usec),
            busText(message));
    });
}

void Service::stateChanged(
    const std::string& rule, std::string_view state, const std::string& detail)
{
    if (manager_ == nullptr || connection_.congested())
        return;
    attempt(
        [&] { manager_->emitStateChanged(busText(rule), std::string{state}, busText(detail)); });
}

void Service::connected(const shim::Opened& opened)
{
    bus_ = opened.connection.get();
    manager_ = std::make_unique<ManagerObject>(
        opened, commands_, view_, [this](const std::string& why) { connection_.giveUp(why); });
    for (auto& [path, rule] : rules_)
        addObject(path, rule);
}

void Service::disconnected() noexcept
{
    goOn_.disarm();
    for (auto& [path, rule] : rules_)
        rule.object.reset();
    manager_.reset();
    bus_ = nullptr;
}

} // namespace fwdguard::bus
