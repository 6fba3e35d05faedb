// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/status_table.hpp"
#include "ctl/text.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <string>
#include <vector>

using namespace fwdguard::ctl;

namespace {

Json rule(const std::string& id)
{
    return {
        {"id", id},
        {"family", "ip"},
        {"table", "filter"},
        {"chain", "FORWARD"},
        {"position", "head"},
        {"state", "in-place"},
        {"handle", 7},
        {"index", 0},
        {"packets", 12345},
        {"bytes", 1},
        {"repairs", 3},
        {"last_incident", nullptr}};
}

Json statusWith(const std::vector<Json>& rules)
{
    return {
        {"version", "1.2.3"},
        {"state", "guarding"},
        {"backends", {"nft"}},
        {"generation", 4711},
        {"since", "2025-11-23T13:00:00Z"},
        {"repairs", 3},
        {"overruns", 0},
        {"missed", 0},
        {"config",
         {{"path", "/etc/fwd-guard/fwd-guard.json"},
          {"loaded", "2025-11-23T13:00:00Z"},
          {"error", nullptr}}},
        {"rules", rules}};
}

std::vector<std::string> linesOf(const std::string& text)
{
    std::istringstream stream{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

std::size_t widest(const std::string& text)
{
    std::size_t width = 0;
    for (const auto& line : linesOf(text))
        width = std::max(width, widthOf(line));
    return width;
}

std::string uncoloured(std::string text)
{
    for (auto at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
        text.erase(at, text.find('m', at) - at + 1);
    return text;
}

struct InUtc {
    InUtc()
    {
        setenv("TZ", "UTC0", 1);
        tzset();
    }
};

} // namespace

TEST_CASE("the header says when nothing is repaired")
{
    Json status = statusWith({rule("r")});
    status["mode"] = "observe";
    CHECK(statusTable(status, false).find(": guarding, only observing since") != std::string::npos);
    status["mode"] = "guard";
    CHECK(statusTable(status, false).find("observing") == std::string::npos);
}

TEST_CASE("the table reads as documented")
{
    const InUtc zone;
    auto damaged = rule("to-docker0");
    damaged["last_incident"] = {
        {"at", "2025-11-23T13:41:02.5Z"},
        {"damage", "deleted"},
        {"exposure_us", 41},
        {"cause",
         {{"pid", 4242},
          {"comm", "iptables"},
          {"exe", nullptr},
          {"cmdline", nullptr},
          {"parent", {{"pid", 4000}, {"comm", "dockerd"}}},
          {"unit", "docker.service"}}}};
    CHECK(
        statusTable(statusWith({damaged, rule("from-docker0")}), false) ==
        "fwd-guard 1.2.3: guarding since Sun 2025-11-23 13:00:00 UTC\n"
        "repairs 3, overruns 0, missed 0, generation 4711, backends nft\n"
        "configuration /etc/fwd-guard/fwd-guard.json, loaded Sun 2025-11-23 13:00:00 UTC\n"
        "\n"
        "RULE          CHAIN              POSITION  STATE     REPAIRS  PACKETS\n"
        "to-docker0    ip filter FORWARD  head #0   in-place        3    12345\n"
        "  last incident: deleted by iptables (pid 4242, child of dockerd,\n"
        "    docker.service), Sun 2025-11-23 13:41:02 UTC, exposed for 41 us\n"
        "from-docker0  ip filter FORWARD  head #0   in-place        3    12345\n");
}

TEST_CASE("no line is wider than 80 columns, whatever the names, and names are never cut")
{
    const std::string name(64, 'n');
    auto wide = rule(name);
    wide["table"] = std::string(40, 't');
    wide["chain"] = std::string(120, 'c');
    wide["position"] = "before:" + std::string(28, 'p');
    wide["packets"] = 18446744073709551615ULL;
    wide["repairs"] = 18446744073709551615ULL;
    wide["detail"] = std::string(200, 'd') + " and more";
    auto status = statusWith({rule("short"), wide});
    status["config"]["error"] = std::string(300, 'e');
    for (const bool colour : {false, true}) {
        const auto text = uncoloured(statusTable(status, colour));
        CHECK(widest(text) <= 80);
        CHECK(text.find('\n' + name + '\n') != std::string::npos);
        CHECK(text.find("18.4E") != std::string::npos);
        CHECK(text.find("position before:" + std::string(28, 'p')) != std::string::npos);
    }
}

TEST_CASE("colour changes no column")
{
    const auto status = statusWith({rule("a"), rule("b")});
    CHECK(uncoloured(statusTable(status, true)) == statusTable(status, false));
    CHECK(statusTable(status, true) != statusTable(status, false));
}

TEST_CASE("what is not known is a dash or is left out, never invented")
{
    auto policy = rule("policy-ip-FORWARD");
    for (const auto* key : {"position", "handle", "index", "packets", "bytes"})
        policy[key] = nullptr;
    policy["last_incident"] = {
        {"at", nullptr}, {"damage", "altered"}, {"exposure_us", nullptr}, {"cause", nullptr}};
    const auto lines = linesOf(statusTable(statusWith({policy}), false));
    REQUIRE(lines.size() == 7);
    CHECK(lines[5].find("FORWARD  -         in-place        3        -") != std::string::npos);
    CHECK(lines[6] == "  last incident: altered, not yet repaired");
}

TEST_CASE("a status of another version, or of none, does not end the client")
{
    CHECK_NOTHROW(statusTable({{"rules", Json::array()}}, false));
    CHECK_NOTHROW(
        statusTable({{"rules", {{{"id", 3}, {"last_incident", Json::object()}}}}}, false));
    CHECK_NOTHROW(statusTable(
        {{"rules", {{{"last_incident", {{"cause", {{"parent", nullptr}}}}}}}}, {"config", nullptr}},
        false));
}

TEST_CASE("names of processes cannot move the cursor")
{
    auto damaged = rule("a");
    damaged["last_incident"] = {{"damage", "deleted"}, {"cause", {{"comm", "\x1b[2Jx"}}}};
    CHECK(statusTable(statusWith({damaged}), false).find('\x1b') == std::string::npos);
}

TEST_CASE("only in-place is in place")
{
    CHECK(inPlace(rule("a")));
    for (const auto* state :
         {"waiting", "repairing", "contested", "shadowed", "failed", "held", ""})
        CHECK_FALSE(inPlace({{"state", state}}));
    CHECK_FALSE(inPlace(Json::object()));
}

TEST_CASE("flows stand below the rules, with what hinders them")
{
    Json status = statusWith({rule("pods-there-1")});
    status["flows"] = Json::array(
        {{{"id", "pods"},
          {"state", "degraded"},
          {"detail", "Docker's nftables backend drops it: add to /etc/docker/daemon.json a line"},
          {"rules", {"pods-there-1"}}}});
    const auto lines = linesOf(statusTable(status, false));
    const auto flow = std::find(lines.begin(), lines.end(), "flow pods: degraded");
    REQUIRE(flow > lines.begin());
    REQUIRE(flow + 1 < lines.end());
    CHECK((flow - 1)->empty());
    CHECK((flow + 1)->starts_with("  Docker's nftables backend"));
    CHECK(widest(statusTable(status, false)) <= 80);
    CHECK_FALSE(allInPlace(status));
    status["flows"][0]["state"] = "in-place";
    CHECK(allInPlace(status));
}

TEST_CASE("a rule that waits is settled only where its flow is in place without it")
{
    Json waiting = rule("pods-raw-1");
    waiting["state"] = "waiting";
    Json status = statusWith({rule("pods-there-1"), waiting});
    CHECK_FALSE(allInPlace(status));
    status["flows"] = Json::array(
        {{{"id", "pods"}, {"state", "in-place"}, {"rules", {"pods-there-1", "pods-raw-1"}}}});
    CHECK(allInPlace(status));
    CHECK(
        inPlaceLine(status) == "1 of 2 rules, 1 of 1 flows; pods-raw-1 waits, its flow does not "
                               "need it now");
    status["rules"][1]["state"] = "failed";
    CHECK_FALSE(allInPlace(status));
    status["rules"][1]["state"] = "waiting";
    status["rules"][1]["id"] = "to-docker0";
    CHECK_FALSE(allInPlace(status));
    status["rules"][1]["id"] = "pods-raw-1";
    status["flows"][0]["state"] = "waiting";
    CHECK_FALSE(allInPlace(status));
}

TEST_CASE("a generation that is not known yet is said to be unknown")
{
    Json status = statusWith({});
    status["generation"] = nullptr;
    CHECK(statusTable(status, false).find(", generation unknown, ") != std::string::npos);
}

TEST_CASE("a status without flows, as an older daemon sends it, is a status without flows")
{
    const Json status = statusWith({rule("r")});
    CHECK(statusTable(status, false).find("flow") == std::string::npos);
    CHECK(inPlaceLine(status) == "1 of 1 rules");
    CHECK(allInPlace(status));
}
