// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/canned.hpp"

#include <stdexcept>

namespace fwdguard::busTest {

namespace {

const ChainId forward{Family::ip, "filter", "FORWARD"};

const std::string incidentJson =
    R"({"at":"2025-11-23T13:41:02.123456Z","damage":"deleted","exposure_us":41,)"
    R"("cause":{"pid":4242,"comm":"iptables","exe":"/usr/sbin/xtables-nft-multi",)"
    R"("cmdline":"iptables -F FORWARD","parent":{"pid":4000,"comm":"dockerd"},)"
    R"("unit":"docker.service"}})";

RuleStatus inPlace(const std::string& id, Family family, std::size_t index)
{
    RuleStatus rule;
    rule.key = {id, family};
    rule.chain = {family, "filter", "FORWARD"};
    rule.position = Position{};
    rule.state = RuleState::inPlace;
    rule.handle = Handle{70 + index};
    rule.index = index;
    rule.counters = Counters{.packets = 10, .bytes = 840};
    return rule;
}

std::string ruleJson(const std::string& id, const std::string& family, const std::string& rest)
{
    return R"({"id":")" + id + R"(","family":")" + family +
           R"(","table":"filter","chain":"FORWARD",)" + rest + "}";
}

std::string statusJson(const std::string& state, const std::string& rules)
{
    return R"({"version":"9.8.7","state":")" + state +
           R"(","backends":["nft"],"generation":4711,"since":"2025-11-23T13:00:00Z","repairs":1,)"
           R"("overruns":0,"missed":0,"config":{"path":"/etc/fwd-guard/fwd-guard.json",)"
           R"("loaded":"2025-11-23T13:00:00Z","error":null},"rules":[)" +
           rules + "]}";
}

const std::string calmPart =
    R"("position":"head","state":"in-place","handle":71,"index":1,"packets":10,"bytes":840,)"
    R"("repairs":0,"last_incident":null)";

Canned calm()
{
    Canned canned;
    canned.status.state = ManagerState::guarding;
    canned.status.generation = Generation{4711};
    canned.status.rules = {
        inPlace("to-docker0", Family::ip, 0), inPlace("from-docker0", Family::ip, 1)};
    canned.json = statusJson(
        "guarding",
        ruleJson("to-docker0", "ip", calmPart) + "," + ruleJson("from-docker0", "ip", calmPart));
    return canned;
}

Canned damaged()
{
    auto canned = calm();
    canned.status.repairs = 1;
    auto& rule = canned.status.rules.front();
    rule.repairs = 1;
    rule.state = RuleState::contested;
    rule.detail = "iptables keeps undoing repairs";
    rule.handle = Handle{90};
    rule.counters = Counters{.packets = 25, .bytes = 2100};
    rule.lastIncident = deletion();
    canned.json = statusJson(
        "contested",
        ruleJson(
            "to-docker0",
            "ip",
            R"("position":"head","state":"contested","handle":90,"index":0,"packets":25,)"
            R"("bytes":2100,"repairs":1,"last_incident":)" +
                incidentJson) +
            "," + ruleJson("from-docker0", "ip", calmPart));
    canned.configError = "conf.d/x.json: /rules/0/family: found \"ipx\"";
    return canned;
}

Canned moved()
{
    auto canned = calm();
    for (RuleStatus& rule : canned.status.rules)
        rule.handle = Handle{95};
    return canned;
}

Canned fewer()
{
    auto canned = calm();
    canned.status.rules.pop_back();
    canned.json = statusJson("guarding", ruleJson("to-docker0", "ip", calmPart));
    return canned;
}

Canned families()
{
    auto canned = calm();
    RuleStatus policy;
    policy.key = {"policy-ip-filter-FORWARD", Family::ip};
    policy.chain = forward;
    policy.policy = Policy::accept;
    policy.state = RuleState::inPlace;
    canned.status.rules = {
        inPlace("any.one", Family::ip, 0), inPlace("any.one", Family::ip6, 0), policy};
    canned.json = statusJson(
        "guarding",
        ruleJson("any.one", "ip", calmPart) + "," + ruleJson("any.one", "ip6", calmPart));
    return canned;
}

} // namespace

Canned canned(const std::string& name)
{
    if (name == "calm")
        return calm();
    if (name == "damaged")
        return damaged();
    if (name == "moved")
        return moved();
    if (name == "fewer")
        return fewer();
    if (name == "families")
        return families();
    throw std::out_of_range("no canned status " + name);
}

std::string deletionText()
{
    return incidentJson;
}

Incident deletion()
{
    Incident incident;
    incident.key = {"to-docker0", Family::ip};
    incident.chain = forward;
    incident.damage = Damage::deleted;
    incident.generation = Generation{4710};
    incident.exposure = std::chrono::microseconds{41};
    return incident;
}

} // namespace fwdguard::busTest
