// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/part.hpp"

#include "config/entries.hpp"
#include "config/fields.hpp"
#include "config/numbers.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fwdguard::config {

namespace {

using std::chrono::milliseconds;

/// Reads a duration of at least `least`, given in milliseconds; `zeroToo` allows 0 besides.
template <auto member, int least, bool zeroToo, class T>
Outcome readDuration(const Value& value, T& into)
{
    if (Outcome outcome = readText(value, into.*member, parseDuration))
        return outcome;
    const milliseconds duration = (into.*member).value_or(milliseconds::zero());
    if (duration >= milliseconds{least} || (zeroToo && duration == milliseconds::zero()))
        return std::nullopt;
    return refuse(
        {.found = describe(value),
         .allowed = "at least " + std::to_string(least) + "ms" +
                    (zeroToo ? R"(, or "0s" for never)" : "")});
}

Outcome readBurst(const Value& value, Part& into)
{
    constexpr std::uint64_t most = 1'000'000;
    const auto burst =
        value.kind == Value::Kind::integer ? parseDecimal(value.text, most) : std::nullopt;
    if (!burst || *burst == 0)
        return wrongType(value, "a number from 1 to " + std::to_string(most));
    into.burst = static_cast<std::uint32_t>(*burst);
    return std::nullopt;
}

constexpr std::array<Key<Part>, 3> keysOfPacing{{
    {"burst", Need::optional, readBurst},
    {"window", Need::optional, readDuration<&Part::window, 100, false>},
    {"max_delay", Need::optional, readDuration<&Part::maxDelay, 10, false>},
}};

Outcome readPacing(const Value& value, Part& into)
{
    return readObject(value, keysOfPacing, into);
}

/// Two words, for the enumerators in their order.
template <class Enum>
Outcome readChoice(
    const Value& value, const std::array<std::string_view, 2>& words, std::optional<Enum>& into)
{
    if (value.kind != Value::Kind::string)
        return wrongType(value, oneOf(words, {}));
    const auto word = std::ranges::find(words, value.text);
    if (word == words.end())
        return refuse({.found = inQuotes(value.text), .allowed = oneOf(words, value.text)});
    into = static_cast<Enum>(word - words.begin());
    return std::nullopt;
}

Outcome readOnStop(const Value& value, Part& into)
{
    return readChoice(value, {"keep", "remove"}, into.onStop);
}

Outcome readMode(const Value& value, Part& into)
{
    return readChoice(value, {"guard", "observe"}, into.mode);
}

Outcome readRules(const Value& value, Part& into)
{
    return readList(value, into.rules, readRule);
}

Outcome readPolicies(const Value& value, Part& into)
{
    return readList(value, into.policies, readPolicy);
}

Outcome readFlows(const Value& value, Part& into)
{
    return readList(value, into.flows, readFlow);
}

Outcome readDockerConfig(const Value& value, Part& into)
{
    if (value.kind != Value::Kind::string || !value.text.starts_with('/') ||
        hasControlCharacters(value.text))
        return wrongType(value, "the absolute path of Docker's configuration file");
    into.dockerConfig = value.text;
    return std::nullopt;
}

Parsed<LegacyWatch> parseLegacyWatch(std::string_view text)
{
    constexpr std::array<LegacyWatch, 3> all{
        LegacyWatch::automatic, LegacyWatch::audit, LegacyWatch::poll};
    constexpr std::array<std::string_view, all.size()> words{"auto", "audit", "poll"};
    for (std::size_t i = 0; i < all.size(); ++i)
        if (words[i] == text)
            return all[i];
    return Refusal{.found = inQuotes(text), .allowed = oneOf(words, text)};
}

Outcome readEnableAudit(const Value& value, LegacyPart& into)
{
    if (value.kind != Value::Kind::boolean)
        return wrongType(value, "true or false");
    into.enableAudit = value.text == "true";
    return std::nullopt;
}

constexpr std::array<Key<LegacyPart>, 3> keysOfLegacy{{
    {"watch", Need::optional, text<LegacyPart, &LegacyPart::watch, parseLegacyWatch>},
    {"poll_interval", Need::optional, readDuration<&LegacyPart::pollInterval, 100, false>},
    {"enable_audit", Need::optional, readEnableAudit},
}};

Outcome readLegacy(const Value& value, Part& into)
{
    return readObject(value, keysOfLegacy, into.legacy);
}

/// Editors find the schema by it; nobody else reads it.
Outcome readSchemaAddress(const Value& value, Part& /*into*/)
{
    return value.kind == Value::Kind::string ? std::nullopt : wrongType(value, "a string");
}

constexpr std::array<Key<Part>, 11> keysOfFile{{
    {"$schema", Need::optional, readSchemaAddress},
    {"rules", Need::optional, readRules},
    {"policies", Need::optional, readPolicies},
    {"flows", Need::optional, readFlows},
    {"pacing", Need::optional, readPacing},
    {"sweep", Need::optional, readDuration<&Part::sweep, 1000, true>},
    {"on_stop", Need::optional, readOnStop},
    {"mode", Need::optional, readMode},
    {"docker_config", Need::optional, readDockerConfig},
    {"backend", Need::optional, text<Part, &Part::backend, parseBackend>},
    {"legacy", Need::optional, readLegacy},
}};

} // namespace

std::variant<Part, Finding> readPart(std::string_view text)
{
    std::variant<Value, Finding> document = parseDocument(text);
    if (auto* finding = std::get_if<Finding>(&document))
        return std::move(*finding);
    Part part;
    if (Outcome outcome = readObject(std::get<Value>(document), keysOfFile, part))
        return *std::move(outcome);
    return part;
}

std::map<std::string_view, std::vector<std::string_view>> allowedKeys()
{
    return {
        {"file", namesOf(keysOfFile)},
        {"pacing", namesOf(keysOfPacing)},
        {"rule", ruleKeys()},
        {"policy", policyKeys()},
        {"match", matchKeys()},
        {"flow", flowKeys()},
        {"legacy", namesOf(keysOfLegacy)},
    };
}

} // namespace fwdguard::config
