// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/flow.hpp"

#include "config/address.hpp"
#include "config/entries.hpp"
#include "config/fields.hpp"
#include "config/names.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace fwdguard::config {

namespace {

Parsed<std::string> parseFlowId(std::string_view text)
{
    if (text.size() <= maxFlowIdLength)
        return parseId(text);
    return Refusal{
        .found = inQuotes(text) + ", " + std::to_string(text.size()) + " bytes long",
        .allowed = "an id of at most " + std::to_string(maxFlowIdLength) +
                   " bytes: the ids of the flow's rules begin with it"};
}

/// "Any other interface" would let pass what nobody had in mind when Docker's protection goes.
Parsed<InterfaceMatch> parseSide(std::string_view text)
{
    Parsed<InterfaceMatch> parsed = parseInterface(text);
    const auto* match = std::get_if<InterfaceMatch>(&parsed);
    if (match == nullptr || !match->negated)
        return parsed;
    return Refusal{
        .found = inQuotes(text),
        .allowed = "an interface, or with + after it all whose names begin so; a flow names its "
                   "sides, so no !"};
}

Parsed<AddressMatch> parseDestination(std::string_view text)
{
    Parsed<AddressMatch> parsed = parseAddress(text);
    const auto* match = std::get_if<AddressMatch>(&parsed);
    if (match == nullptr || !match->negated)
        return parsed;
    return Refusal{
        .found = inQuotes(text),
        .allowed = "the containers' address or prefix, such as 10.244.0.0/16; a flow names it, so "
                   "no !"};
}

Parsed<Flow::Anchor> parseAnchor(std::string_view text)
{
    constexpr std::array<std::string_view, 2> words{"head", "docker-user"};
    if (text == words[0])
        return Flow::Anchor::head;
    if (text == words[1])
        return Flow::Anchor::dockerUser;
    return Refusal{.found = inQuotes(text), .allowed = oneOf(words, text)};
}

Outcome readInterface(const Value& value, InterfaceMatch& into)
{
    return readText(value, into, parseSide);
}

/// One interface, or a list of them without repetition.
template <std::vector<InterfaceMatch> Flow::*member>
Outcome readSide(const Value& value, Flow& into)
{
    std::vector<InterfaceMatch>& side = into.*member;
    if (value.kind == Value::Kind::string)
        return readInterface(value, side.emplace_back());
    if (value.kind != Value::Kind::array || value.items.empty())
        return wrongType(value, R"(an interface such as "docker0", or a list of interfaces)");
    if (value.items.size() > maxFlowInterfaces) {
        return refuse(
            {.found = "a list of " + std::to_string(value.items.size()),
             .allowed = "at most " + std::to_string(maxFlowInterfaces) + " interfaces"});
    }
    if (Outcome outcome = readList(value, side, readInterface))
        return outcome;
    for (std::size_t i = 1; i < side.size(); ++i) {
        const auto earlier = side.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::find(side.begin(), earlier, side[i]) != earlier) {
            return within(
                std::to_string(i),
                refuse(
                    {.found = describe(value.items[i]) + " again",
                     .allowed = "each interface once"}));
        }
    }
    return std::nullopt;
}

constexpr std::array<Key<Flow>, 6> keysOfFlow{{
    {"id", Need::required, text<Flow, &Flow::id, parseFlowId>},
    {"from", Need::required, readSide<&Flow::from>},
    {"to", Need::required, readSide<&Flow::to>},
    {"destination", Need::optional, text<Flow, &Flow::destination, parseDestination>},
    {"anchor", Need::optional, text<Flow, &Flow::anchor, parseAnchor>},
    {"direct_access", Need::optional, boolean<Flow, &Flow::directAccess>},
}};

} // namespace

Outcome readFlow(const Value& value, Flow& into)
{
    if (Outcome outcome = readObject(value, keysOfFlow, into))
        return outcome;
    if (!into.directAccess || into.destination)
        return std::nullopt;
    return within(
        "direct_access",
        refuse(
            {.found = "direct access without a destination, which takes Docker's protection from "
                      "every address behind these interfaces",
             .allowed = R"("destination" beside it: the containers' addresses, such as )"
                        R"("10.244.0.0/16")"}));
}

std::vector<std::string_view> flowKeys()
{
    return namesOf(keysOfFlow);
}

} // namespace fwdguard::config
