// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctl/status_table.hpp"

#include "ctl/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

namespace fwdguard::ctl {

namespace {

constexpr std::size_t lineWidth = 80;
constexpr std::size_t gap = 2;

enum Column : std::size_t { rule, chain, position, state, repairs, packets, columns };

using Row = std::array<std::string, columns>;
using Widths = std::array<std::size_t, columns>;

const Row heading = {"RULE", "CHAIN", "POSITION", "STATE", "REPAIRS", "PACKETS"};

/// ECMA-48 colours: what is well, what is being worked on or was asked for, what needs somebody.
std::string_view colourOf(std::string_view word)
{
    if (word == "in-place" || word == "guarding")
        return "\x1b[32m";
    if (word == "waiting" || word == "repairing" || word == "held" || word == "starting" ||
        word == "stopping")
        return "\x1b[33m";
    return "\x1b[31m";
}

std::string painted(std::string_view shown, std::string_view word, bool colour)
{
    if (!colour)
        return std::string{shown};
    return std::string{colourOf(word)} + std::string{shown} + "\x1b[0m";
}

void addLines(std::string& out, std::string_view text, std::size_t indent)
{
    const std::string first(indent, ' ');
    for (const auto& line : wrapped(first + std::string{text}, lineWidth, indent + 2))
        out += line + '\n';
}

/// How changes of legacy tables are noticed, and which chains are in both backends.
std::string legacyLines(const Json& status)
{
    std::string out;
    if (const auto watch = status.find("watch"); watch != status.end() && watch->is_object()) {
        const auto reason = textOf(*watch, "reason");
        const auto remedy = textOf(*watch, "remedy");
        addLines(
            out,
            "legacy tables: " + textOf(*watch, "mode") + (reason.empty() ? "" : ", " + reason) +
                (remedy.empty() ? "" : "; what would help: " + remedy),
            0);
    }
    std::string names;
    for (const auto& chain : status.value("mixed", Json::array()))
        names += (names.empty() ? "" : ", ") + printable(chain.get<std::string>());
    if (!names.empty())
        addLines(out, "mixed: " + names + " in both backends; a drop in either kills a packet", 0);
    return out;
}

std::string header(const Json& status, bool colour)
{
    const auto word = textOf(status, "state");
    const auto since = timeOf(status, "since");
    std::string out = "fwd-guard " + textOf(status, "version") + ": " +
                      painted(word, word, colour) +
                      (textOf(status, "mode") == "observe" ? ", only observing" : "") +
                      (since.empty() ? "" : " since " + since) + '\n';
    const auto generation = textOf(status, "generation");
    std::string counts = "repairs " + countOf(status, "repairs") + ", overruns " +
                         countOf(status, "overruns") + ", missed " + countOf(status, "missed") +
                         ", generation " + (generation.empty() ? "unknown" : generation);
    if (const auto backends = status.find("backends");
        backends != status.end() && backends->is_array() && !backends->empty()) {
        counts += ", backends";
        for (const auto& backend : *backends)
            counts += ' ' + (backend.is_string() ? printable(backend.get<std::string>())
                                                 : backend.dump());
    }
    addLines(out, counts, 0);
    out += legacyLines(status);
    const auto config = status.value("config", Json::object());
    const auto path = textOf(config, "path");
    const auto loaded = timeOf(config, "loaded");
    addLines(
        out,
        "configuration " + (path.empty() ? "built in" : path) +
            (loaded.empty() ? "" : ", loaded " + loaded),
        0);
    if (const auto error = textOf(config, "error"); !error.empty())
        addLines(out, "configuration refused, the one before is in force: " + error, 0);
    return out;
}

Row rowOf(const Json& status)
{
    auto place = textOf(status, "position");
    if (const auto index = textOf(status, "index"); !index.empty())
        place += (place.empty() ? "#" : " #") + index;
    return {
        textOf(status, "id"),
        textOf(status, "family") + ' ' + textOf(status, "table") + ' ' + textOf(status, "chain") +
            (textOf(status, "backend") == "legacy" ? " (legacy)" : ""),
        place.empty() ? "-" : place,
        textOf(status, "state"),
        countOf(status, "repairs"),
        countOf(status, "packets"),
    };
}

/// Each column as wide as it wants; where that is too much for a line, the widest of the three that
/// can give way does.
Widths widthsFor(const std::vector<Row>& rows)
{
    constexpr std::array shrinkable = {rule, chain, position};
    Widths widths{};
    for (const auto& row : rows)
        for (std::size_t i = 0; i < columns; ++i)
            widths.at(i) = std::max(widths.at(i), widthOf(row.at(i)));
    widths[state] = std::min(widths[state], std::size_t{9});
    std::size_t total = gap * (columns - 1);
    for (const auto width : widths)
        total += width;
    for (; total > lineWidth; --total)
        --widths.at(
            *std::max_element(shrinkable.begin(), shrinkable.end(), [&](Column a, Column b) {
                return widths.at(a) < widths.at(b);
            }));
    return widths;
}

std::string rightAligned(std::string_view text, std::size_t width)
{
    const auto columnsTaken = std::min(width, widthOf(text));
    return std::string(width - columnsTaken, ' ') + fitted(text, columnsTaken);
}

std::string line(const Row& row, const Widths& widths, bool colour)
{
    std::string out;
    std::string_view name = row[rule];
    if (widthOf(name) > widths[rule]) {
        addLines(out, name, 0);
        name = "";
    }
    out += fitted(name, widths[rule]);
    for (const auto column : {chain, position})
        out += std::string(gap, ' ') + fitted(row.at(column), widths.at(column));
    out += std::string(gap, ' ') +
           painted(fitted(row[state], widths[state]), row[state], colour && row != heading);
    for (const auto column : {repairs, packets})
        out += std::string(gap, ' ') + rightAligned(row.at(column), widths.at(column));
    return out + '\n';
}

/// "iptables (pid 4242, child of dockerd, docker.service)", as far as it is known.
std::string causeOf(const Json& cause)
{
    std::string details;
    const auto add = [&](const std::string& what, const char* before) {
        if (!what.empty())
            details += (details.empty() ? "" : ", ") + (before + what);
    };
    add(textOf(cause, "pid"), "pid ");
    if (const auto parent = cause.find("parent"); parent != cause.end())
        add(textOf(*parent, "comm"), "child of ");
    add(textOf(cause, "unit"), "");
    const auto comm = textOf(cause, "comm");
    if (comm.empty() && details.empty())
        return {};
    return (comm.empty() ? "a process" : comm) + (details.empty() ? "" : " (" + details + ")");
}

std::string incidentOf(const Json& incident)
{
    std::string words = "last incident: " + textOf(incident, "damage");
    if (const auto cause = incident.find("cause"); cause != incident.end() && cause->is_object())
        if (const auto who = causeOf(*cause); !who.empty())
            words += " by " + who;
    if (const auto at = timeOf(incident, "at"); !at.empty())
        words += ", " + at;
    const auto exposure = microsecondsOf(incident, "exposure_us");
    return words + (exposure.empty() ? ", not yet repaired" : ", exposed for " + exposure);
}

void addWords(std::string& out, const Json& status, const Row& row, const Widths& widths)
{
    for (const auto column : {chain, position})
        if (widthOf(row.at(column)) > widths.at(column))
            addLines(out, (column == chain ? "chain " : "position ") + row.at(column), 2);
    if (const auto detail = textOf(status, "detail"); !detail.empty())
        addLines(out, detail, 2);
    if (const auto incident = status.find("last_incident");
        incident != status.end() && incident->is_object())
        addLines(out, incidentOf(*incident), 2);
}

/// A line a flow, and what hinders it below.
std::string flowTable(const Json& flows, bool colour)
{
    std::string out;
    for (const auto& flow : flows) {
        const auto word = textOf(flow, "state");
        out += (out.empty() ? "\n" : "") + std::string{"flow "} + textOf(flow, "id") + ": " +
               painted(word, word, colour) + '\n';
        if (const auto detail = textOf(flow, "detail"); !detail.empty())
            addLines(out, detail, 2);
    }
    return out;
}

} // namespace

bool inPlace(const Json& ruleOrFlow)
{
    return textOf(ruleOrFlow, "state") == "in-place";
}

Json flowsOf(const Json& status)
{
    return status.value("flows", Json::array());
}

bool settled(const Json& rule, const Json& status)
{
    if (textOf(rule, "state") != "waiting")
        return inPlace(rule);
    const auto flows = flowsOf(status);
    return std::any_of(flows.begin(), flows.end(), [&rule](const Json& flow) {
        const auto ids = flow.value("rules", Json::array());
        return inPlace(flow) && std::find(ids.begin(), ids.end(), rule["id"]) != ids.end();
    });
}

bool allInPlace(const Json& status)
{
    const auto& rules = status.at("rules");
    const auto flows = flowsOf(status);
    return std::all_of(
               rules.begin(),
               rules.end(),
               [&status](const Json& rule) { return settled(rule, status); }) &&
           std::all_of(flows.begin(), flows.end(), inPlace);
}

std::string inPlaceLine(const Json& status)
{
    const auto counted = [](const Json& all, const char* what) {
        return std::to_string(std::count_if(all.begin(), all.end(), inPlace)) + " of " +
               std::to_string(all.size()) + what;
    };
    const auto flows = flowsOf(status);
    auto line = counted(status.at("rules"), " rules");
    if (!flows.empty())
        line += ", " + counted(flows, " flows");
    for (const auto& rule : status.at("rules"))
        if (!inPlace(rule) && settled(rule, status))
            line += "; " + textOf(rule, "id") + " waits, its flow does not need it now";
    return line;
}

std::string statusTable(const Json& status, bool colour)
{
    auto out = header(status, colour);
    const auto& rules = status.at("rules");
    const auto flows = flowTable(flowsOf(status), colour);
    if (rules.empty())
        return out + (flows.empty() ? "\nno rules are declared\n" : flows);
    std::vector<Row> rows = {heading};
    std::transform(rules.begin(), rules.end(), std::back_inserter(rows), rowOf);
    const auto widths = widthsFor(rows);
    out += '\n' + line(heading, widths, colour);
    for (std::size_t i = 0; i < rules.size(); ++i) {
        out += line(rows[i + 1], widths, colour);
        addWords(out, rules[i], rows[i + 1], widths);
    }
    return out + flows;
}

} // namespace fwdguard::ctl
