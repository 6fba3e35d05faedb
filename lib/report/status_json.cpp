// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/status_json.hpp"

#include "report/message.hpp"
#include "report/units.hpp"

#include <nlohmann/json.hpp>

namespace fwdguard::report {

namespace {

using Json = nlohmann::ordered_json; // keeps the keys in the documented order

template <class T>
Json orNull(const std::optional<T>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json orNull(const std::string& text)
{
    return text.empty() ? Json(nullptr) : Json(text);
}

Json orNull(const std::optional<WallTime>& time)
{
    return time && *time != WallTime{} ? Json(timeText(*time)) : Json(nullptr);
}

/// Before the first look there is no generation.
Json orNull(Generation generation)
{
    return generation.value != 0 ? Json(generation.value) : Json(nullptr);
}

Json causeObject(const Cause& cause)
{
    Json parent = nullptr;
    if (cause.parent)
        parent = {{"pid", cause.parent->pid}, {"comm", orNull(cause.parent->comm)}};
    return {
        {"pid", orNull(cause.pid)},
        {"comm", orNull(cause.comm)},
        {"exe", orNull(cause.exe)},
        {"cmdline", orNull(cause.cmdline)},
        {"parent", std::move(parent)},
        {"unit", orNull(cause.unit)},
        {"uid", orNull(cause.uid)},
        {"login_uid", orNull(cause.loginUid)},
    };
}

Json exposureOf(const Incident& incident)
{
    return incident.exposure ? Json(incident.exposure->count()) : Json(nullptr);
}

Json lastIncident(const Incident& incident)
{
    return {
        {"at", orNull(std::optional(incident.at))},
        {"damage", toString(incident.damage)},
        {"exposure_us", exposureOf(incident)},
        {"cause", causeObject(incident.cause)},
    };
}

Json ruleObject(const RuleStatus& rule)
{
    Json object = {
        {"id", rule.key.id},
        {"family", toString(rule.chain.family)},
        {"table", rule.chain.table},
        {"chain", rule.chain.chain},
        {"backend", toString(rule.chain.backend)},
        {"position", rule.position ? Json(toString(*rule.position)) : Json(nullptr)},
        {"state", toString(rule.state)},
        {"detail", orNull(rule.detail)},
        {"handle", rule.handle ? Json(rule.handle->value) : Json(nullptr)},
        {"index", orNull(rule.index)},
        {"packets", rule.counters ? Json(rule.counters->packets) : Json(nullptr)},
        {"bytes", rule.counters ? Json(rule.counters->bytes) : Json(nullptr)},
        {"repairs", rule.repairs},
        {"last_incident", rule.lastIncident ? lastIncident(*rule.lastIncident) : Json(nullptr)},
    };
    if (rule.policy)
        object["policy"] = toString(*rule.policy);
    return object;
}

Json flowObject(const FlowStatus& flow)
{
    return {
        {"id", flow.id},
        {"state", toString(flow.state)},
        {"detail", orNull(flow.detail)},
        {"rules", flow.rules},
    };
}

Json watchObject(const std::optional<LegacyWatch>& watch)
{
    if (!watch)
        return nullptr;
    return {
        {"mode", watch->mode},
        {"reason", orNull(watch->reason)},
        {"remedy", orNull(watch->remedy)},
    };
}

std::string serialized(const Json& object)
{
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string statusJson(const Status& status, const StatusContext& context)
{
    Json rules = Json::array();
    for (const RuleStatus& rule : status.rules)
        rules.push_back(ruleObject(rule));
    Json flows = Json::array();
    for (const FlowStatus& flow : status.flows)
        flows.push_back(flowObject(flow));
    Json mixed = Json::array();
    for (const ChainId& chain : status.mixed)
        mixed.push_back(toString(chain));
    return serialized({
        {"version", context.version},
        {"state", toString(status.state)},
        {"mode", toString(status.mode)},
        {"backends", context.backends},
        {"watch", watchObject(context.watch)},
        {"mixed", std::move(mixed)},
        {"generation", orNull(status.generation)},
        {"since", orNull(std::optional(status.since))},
        {"repairs", status.repairs},
        {"overruns", status.overruns},
        {"missed", status.missed},
        {"config",
         {{"path", orNull(context.configPath)},
          {"loaded", orNull(context.configLoaded)},
          {"error", orNull(context.configError)}}},
        {"rules", std::move(rules)},
        {"flows", std::move(flows)},
    });
}

std::string lastIncidentJson(const Incident& incident)
{
    return serialized(lastIncident(incident));
}

std::string incidentJson(const Incident& incident)
{
    return serialized({
        {"rule", incident.key.id},
        {"family", toString(incident.chain.family)},
        {"table", incident.chain.table},
        {"chain", incident.chain.chain},
        {"backend", toString(incident.chain.backend)},
        {"at", orNull(std::optional(incident.at))},
        {"damage", toString(incident.damage)},
        {"generation", orNull(incident.generation)},
        {"missed", incident.missed},
        {"exposure_us", exposureOf(incident)},
        {"cause", causeObject(incident.cause)},
        {"message", textOf(Report{incident})},
    });
}

} // namespace fwdguard::report
