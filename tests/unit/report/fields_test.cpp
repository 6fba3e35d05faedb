// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/daemon_messages.hpp"
#include "report/message.hpp"
#include "support/catch.hpp"
#include "unit/report/samples.hpp"

#include <map>
#include <set>
#include <system_error>

using namespace fwdguard;
using namespace fwdguard::report;

namespace {

using Map = std::map<std::string, std::string>;

Map fields(const std::vector<Field>& list)
{
    Map map;
    for (const Field& field : list)
        CHECK(map.emplace(field.name, field.value).second);
    return map;
}

std::string id(MessageKind kind)
{
    return std::string(typeOf(kind).id);
}

/// The fields of the retired rule `old` in FORWARD, and those that a kind of message has besides.
Map ofRetired(MessageKind kind, const Map& besides)
{
    Map map{
        {"MESSAGE_ID", id(kind)},
        {"FWDGUARD_RULE", "old"},
        {"FWDGUARD_FAMILY", "ip"},
        {"FWDGUARD_TABLE", "filter"},
        {"FWDGUARD_CHAIN", "FORWARD"},
        {"FWDGUARD_BACKEND", "nf_tables"}};
    map.insert(besides.begin(), besides.end());
    return map;
}

} // namespace

TEST_CASE("an incident carries the documented journal fields")
{
    CHECK(
        fields(fieldsOf(test::sampleIncident())) ==
        Map{
            {"MESSAGE_ID", id(MessageKind::repaired)},
            {"FWDGUARD_RULE", "to-docker0"},
            {"FWDGUARD_DAMAGE", "deleted"},
            {"FWDGUARD_FAMILY", "ip"},
            {"FWDGUARD_TABLE", "filter"},
            {"FWDGUARD_CHAIN", "FORWARD"},
            {"FWDGUARD_BACKEND", "nf_tables"},
            {"FWDGUARD_GENERATION", "17"},
            {"FWDGUARD_EXPOSURE_USEC", "41"},
            {"FWDGUARD_CAUSE_PID", "4242"},
            {"FWDGUARD_CAUSE_COMM", "iptables"},
            {"FWDGUARD_CAUSE_EXE", "/usr/sbin/xtables-nft-multi"},
            {"FWDGUARD_CAUSE_CMDLINE", "iptables --wait -F FORWARD"},
            {"FWDGUARD_CAUSE_PARENT", "dockerd"},
            {"FWDGUARD_CAUSE_PARENT_PID", "700"},
            {"FWDGUARD_CAUSE_UNIT", "docker.service"},
        });
}

TEST_CASE("what is not known is left out of the fields")
{
    Incident incident = test::sampleIncident();
    incident.damage = Damage::chainGone;
    incident.exposure.reset();
    incident.cause = {.comm = "nft", .parent = ParentProcess{.pid = 700, .comm = ""}};
    CHECK(
        fields(fieldsOf(incident)) == Map{
                                          {"MESSAGE_ID", id(MessageKind::damaged)},
                                          {"FWDGUARD_RULE", "to-docker0"},
                                          {"FWDGUARD_DAMAGE", "chain-gone"},
                                          {"FWDGUARD_FAMILY", "ip"},
                                          {"FWDGUARD_TABLE", "filter"},
                                          {"FWDGUARD_CHAIN", "FORWARD"},
                                          {"FWDGUARD_BACKEND", "nf_tables"},
                                          {"FWDGUARD_GENERATION", "17"},
                                          {"FWDGUARD_CAUSE_COMM", "nft"},
                                          {"FWDGUARD_CAUSE_PARENT_PID", "700"},
                                      });
}

TEST_CASE("a change of state carries the state, its reason and the opponent")
{
    const RuleStateChanged change{
        .key = test::toDocker,
        .chain = test::forward,
        .from = RuleState::inPlace,
        .to = RuleState::contested,
        .detail = "deleted",
        .opponent = {.unit = "x.service"}};
    CHECK(
        fields(fieldsOf(change)) == Map{
                                        {"MESSAGE_ID", id(MessageKind::contested)},
                                        {"FWDGUARD_RULE", "to-docker0"},
                                        {"FWDGUARD_FAMILY", "ip"},
                                        {"FWDGUARD_TABLE", "filter"},
                                        {"FWDGUARD_CHAIN", "FORWARD"},
                                        {"FWDGUARD_BACKEND", "nf_tables"},
                                        {"FWDGUARD_STATE", "contested"},
                                        {"FWDGUARD_DETAIL", "deleted"},
                                        {"FWDGUARD_CAUSE_UNIT", "x.service"},
                                    });
}

TEST_CASE("the other reports carry what a program would select them by")
{
    CHECK(
        fields(fieldsOf(Overrun{.total = 3})) ==
        Map{{"MESSAGE_ID", id(MessageKind::overrun)}, {"FWDGUARD_OVERRUNS", "3"}});
    CHECK(
        fields(fieldsOf(RetiredRemoved{.key = {.id = "old"}, .chain = test::forward})) ==
        ofRetired(MessageKind::retiredRemoved, {}));
    CHECK(
        fields(fieldsOf(RetiredLeft{
            .key = {.id = "old"},
            .chain = test::forward,
            .opponent = {.pid = 77, .comm = "fwd-guard"}})) ==
        ofRetired(
            MessageKind::retiredLeft,
            {{"FWDGUARD_CAUSE_PID", "77"}, {"FWDGUARD_CAUSE_COMM", "fwd-guard"}}));
    CHECK(
        fields(fieldsOf(RetiredRefused{
            .key = {.id = "old"},
            .chain = test::forward,
            .error = {EPERM, std::system_category()}})) ==
        ofRetired(
            MessageKind::retiredRefused,
            {{"FWDGUARD_DETAIL", "Operation not permitted"}, {"ERRNO", "1"}}));
    CHECK(
        fields(fieldsOf(
            ReadFailed{.chain = test::forward, .error = {EPERM, std::system_category()}})) ==
        Map{{"MESSAGE_ID", id(MessageKind::readFailed)},
            {"FWDGUARD_FAMILY", "ip"},
            {"FWDGUARD_TABLE", "filter"},
            {"FWDGUARD_CHAIN", "FORWARD"},
            {"FWDGUARD_BACKEND", "nf_tables"},
            {"FWDGUARD_DETAIL", "Operation not permitted"},
            {"ERRNO", "1"}});
    CHECK(
        fields(gaveUp("no rights").fields) ==
        Map{{"MESSAGE_ID", id(MessageKind::gaveUp)}, {"FWDGUARD_DETAIL", "no rights"}});
    CHECK(
        fields(holdsNotKept("disk full").fields) ==
        Map{{"MESSAGE_ID", id(MessageKind::holdsNotKept)}, {"FWDGUARD_DETAIL", "disk full"}});
    CHECK(
        fields(busLost("gone").fields) ==
        Map{{"MESSAGE_ID", id(MessageKind::busLost)}, {"FWDGUARD_DETAIL", "gone"}});
}

TEST_CASE("each kind of message has an id of its own and a fitting severity")
{
    std::set<std::string_view> ids;
    for (const MessageType& type : messageTypes) {
        CHECK(&typeOf(type.kind) == &type);
        CHECK(type.id.size() == 32);
        CHECK(ids.insert(type.id).second);
    }
    CHECK(typeOf(MessageKind::repaired).severity == Severity::notice);
    CHECK(typeOf(MessageKind::contested).severity == Severity::warning);
    CHECK(typeOf(MessageKind::failed).severity == Severity::error);
}

TEST_CASE("a legacy incident says that it is one, and who had logged in")
{
    Incident incident = test::sampleIncident();
    incident.chain.backend = BackendKind::legacy;
    incident.cause.cmdline = "iptables-legacy -F FORWARD";
    incident.cause.uid = 0;
    incident.cause.loginUid = 1000;
    const Map map = fields(fieldsOf(incident));
    CHECK(map.at("FWDGUARD_BACKEND") == "legacy");
    CHECK(map.at("FWDGUARD_CAUSE_CMDLINE") == "iptables-legacy -F FORWARD");
    CHECK(map.at("FWDGUARD_CAUSE_UID") == "0");
    CHECK(map.at("FWDGUARD_CAUSE_LOGINUID") == "1000");
}
