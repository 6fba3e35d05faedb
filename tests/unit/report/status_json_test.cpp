// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/status_json.hpp"
#include "support/catch.hpp"
#include "unit/report/samples.hpp"

#include <nlohmann/json.hpp>

using namespace fwdguard;
using namespace fwdguard::report;
using Json = nlohmann::ordered_json;

namespace {

WallTime at(std::int64_t milliseconds)
{
    return WallTime(std::chrono::milliseconds(milliseconds));
}

RuleStatus sampleRule()
{
    return {
        .key = test::toDocker,
        .chain = test::forward,
        .position = Position{.kind = Position::Kind::after, .chain = "DOCKER-USER"},
        .state = RuleState::inPlace,
        .handle = Handle{9},
        .index = 0,
        .counters = Counters{.packets = 5, .bytes = 420},
        .repairs = 3,
        .lastIncident = test::sampleIncident()};
}

} // namespace

TEST_CASE("the status is the documented JSON, key by key")
{
    Status status{
        .state = ManagerState::guarding,
        .generation = {17},
        .since = at(1'772'366'400'000),
        .repairs = 3,
        .overruns = 1,
        .missed = 2,
        .rules = {sampleRule()},
        .flows =
            {{.id = "pods",
              .state = FlowState::waiting,
              .detail = "no interface flannel.1",
              .rules = {"pods-there-1", "pods-back-1"}}},
        .mixed = {test::forward}};
    const StatusContext context{
        .version = "0.1.0",
        .backends = {"nf_tables", "legacy"},
        .configPath = "/etc/fwd-guard/fwd-guard.json",
        .configLoaded = at(1'772'366'399'500),
        .watch = LegacyWatch{.mode = "polling", .reason = "off"}};
    const auto expected = Json::parse(R"({
        "version": "0.1.0", "state": "guarding", "mode": "guard", "backends": ["nf_tables", "legacy"],
        "watch": {"mode": "polling", "reason": "off", "remedy": null},
        "mixed": ["ip filter FORWARD"], "generation": 17,
        "since": "2026-03-01T12:00:00.000Z", "repairs": 3, "overruns": 1, "missed": 2,
        "config": {"path": "/etc/fwd-guard/fwd-guard.json", "loaded": "2026-03-01T11:59:59.500Z",
                   "error": null},
        "rules": [{
            "id": "to-docker0", "family": "ip", "table": "filter", "chain": "FORWARD",
            "backend": "nf_tables", "position": "after:DOCKER-USER", "state": "in-place", "detail": null, "handle": 9,
            "index": 0, "packets": 5, "bytes": 420, "repairs": 3,
            "last_incident": {
                "at": "2026-03-01T12:00:00.123Z", "damage": "deleted", "exposure_us": 41,
                "cause": {"pid": 4242, "comm": "iptables", "exe": "/usr/sbin/xtables-nft-multi",
                          "cmdline": "iptables --wait -F FORWARD",
                          "parent": {"pid": 700, "comm": "dockerd"}, "unit": "docker.service",
                          "uid": null, "login_uid": null}}}],
        "flows": [{"id": "pods", "state": "waiting", "detail": "no interface flannel.1",
                   "rules": ["pods-there-1", "pods-back-1"]}]
    })");
    CHECK(statusJson(status, context) == expected.dump());
}

TEST_CASE("what is not known is null, and every documented key is there nevertheless")
{
    RuleStatus rule{.key = test::toDocker, .chain = test::forward};
    rule.detail = "no chain FORWARD";
    RuleStatus damaged = rule;
    damaged.lastIncident = Incident{.key = test::toDocker, .chain = test::forward};
    const Json json = Json::parse(statusJson({.rules = {rule, damaged}}, {}));
    const auto expected = Json::parse(R"({
        "version": "", "state": "starting", "mode": "guard", "backends": [], "watch": null, "mixed": [], "generation": null, "since": null,
        "repairs": 0, "overruns": 0, "missed": 0,
        "config": {"path": null, "loaded": null, "error": null}})");
    for (const auto& [key, value] : expected.items())
        CHECK(json.at(key) == value);
    const auto expectedRule = Json::parse(R"({
        "id": "to-docker0", "family": "ip", "table": "filter", "chain": "FORWARD",
        "backend": "nf_tables", "position": null, "state": "waiting", "detail": "no chain FORWARD", "handle": null,
        "index": null, "packets": null, "bytes": null, "repairs": 0, "last_incident": null})");
    CHECK(json.at("rules").at(0) == expectedRule);
    CHECK(json.at("rules").at(1).at("last_incident") == Json::parse(R"({
            "at": null, "damage": "deleted", "exposure_us": null,
            "cause": {"pid": null, "comm": null, "exe": null, "cmdline": null, "parent": null,
                      "unit": null, "uid": null, "login_uid": null}})"));
}

TEST_CASE("a declared policy is a rule with a policy")
{
    const RuleStatus policy{
        .key = {.id = "policy-ip-filter-FORWARD"},
        .chain = test::forward,
        .policy = Policy::accept,
        .state = RuleState::inPlace};
    const Json json = Json::parse(statusJson({.rules = {policy}}, {}));
    CHECK(json.at("rules").at(0).at("policy") == "accept");
    CHECK(json.at("rules").at(0).at("position").is_null());
}

TEST_CASE("names and command lines of any bytes make valid JSON")
{
    Incident incident = test::sampleIncident();
    incident.cause.comm = "\xff\xfe";
    incident.cause.cmdline = "a \"b\" \\ \n\xc3";
    RuleStatus rule = sampleRule();
    rule.lastIncident = incident;
    const StatusContext context{.configError = "line 1: \xa0"};
    const Json status = Json::parse(statusJson({.rules = {rule}}, context));
    const Json cause = status.at("rules").at(0).at("last_incident").at("cause");
    CHECK(cause.at("comm") == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(cause.at("cmdline") == "a \"b\" \\ \n\xef\xbf\xbd");
    CHECK(Json::parse(incidentJson(incident)).at("cause") == cause);
}

TEST_CASE("one incident is JSON as well, with its rule and its text")
{
    const Json json = Json::parse(incidentJson(test::sampleIncident()));
    CHECK(json.at("rule") == "to-docker0");
    CHECK(json.at("chain") == "FORWARD");
    CHECK(json.at("generation") == 17);
    CHECK(json.at("exposure_us") == 41);
    CHECK(json.at("missed") == false);
    CHECK(
        json.at("message") == "to-docker0: deleted from ip filter FORWARD by iptables (pid 4242, "
                              "child of dockerd, docker.service); back at head after 41 us");
}
