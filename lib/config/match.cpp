// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/address.hpp"
#include "config/entries.hpp"
#include "config/fields.hpp"
#include "config/names.hpp"
#include "config/numbers.hpp"

#include <cstdint>
#include <optional>

namespace fwdguard::config {

namespace {

constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;

constexpr CtStates everyState = CtStates::newly | CtStates::established | CtStates::related |
                                CtStates::invalid | CtStates::untracked;

Outcome readProtocol(const Value& value, Match& into)
{
    if (value.kind == Value::Kind::string)
        return readText(value, into.protocol, parseProtocolName);
    const auto number =
        value.kind == Value::Kind::integer ? parseDecimal(value.text, 255) : std::nullopt;
    // iptables takes 0 for "all", the kernel for IPv6's hop-by-hop options.
    if (!number || *number == 0)
        return wrongType(value, R"(a protocol's name such as "tcp", or its number from 1 to 255)");
    into.protocol = static_cast<std::uint8_t>(*number);
    return std::nullopt;
}

template <std::optional<PortRange> Match::*member>
Outcome readPorts(const Value& value, Match& into)
{
    if (value.kind == Value::Kind::string)
        return readText(value, into.*member, parsePorts);
    const auto port =
        value.kind == Value::Kind::integer ? parseDecimal(value.text, 65535) : std::nullopt;
    if (!port || *port == 0)
        return wrongType(value, R"(a port from 1 to 65535, or a range such as "8000-8100")");
    const auto number = static_cast<std::uint16_t>(*port);
    into.*member = PortRange{.first = number, .last = number};
    return std::nullopt;
}

Outcome readCtState(const Value& value, CtStates& into)
{
    return readText(value, into, parseCtState);
}

Outcome readCtStates(const Value& value, Match& into)
{
    if (value.kind == Value::Kind::string)
        return readCtState(value, into.ctState);
    if (value.kind != Value::Kind::array || value.items.empty())
        return wrongType(value, R"(a state such as "established", or a list of states)");
    std::vector<CtStates> states;
    if (Outcome outcome = readList(value, states, readCtState))
        return outcome;
    for (std::size_t i = 0; i < states.size(); ++i) {
        if (contains(into.ctState, states[i])) {
            return within(
                std::to_string(i),
                refuse(
                    {.found = describe(value.items[i]) + " again", .allowed = "each state once"}));
        }
        into.ctState = into.ctState | states[i];
    }
    if (into.ctState == everyState) {
        return refuse(
            {.found = "all states, which is every packet",
             .allowed = "fewer states; leave the key out to match every packet"});
    }
    return std::nullopt;
}

constexpr std::array<Key<Match>, 9> keys{{
    {"in_interface", Need::optional, text<Match, &Match::inInterface, parseInterface>},
    {"out_interface", Need::optional, text<Match, &Match::outInterface, parseInterface>},
    {"source", Need::optional, text<Match, &Match::source, parseAddress>},
    {"destination", Need::optional, text<Match, &Match::destination, parseAddress>},
    {"protocol", Need::optional, readProtocol},
    {"source_port", Need::optional, readPorts<&Match::sourcePort>},
    {"destination_port", Need::optional, readPorts<&Match::destinationPort>},
    {"mark", Need::optional, text<Match, &Match::mark, parseMark>},
    {"ct_state", Need::optional, readCtStates},
}};

} // namespace

Outcome readMatch(const Value& value, Match& into)
{
    if (Outcome outcome = readObject(value, keys, into))
        return outcome;
    const bool hasPorts = into.sourcePort || into.destinationPort;
    const std::uint8_t protocol = into.protocol.value_or(0);
    if (!hasPorts || protocol == tcp || protocol == udp)
        return std::nullopt;
    return within(
        into.sourcePort ? "source_port" : "destination_port",
        refuse(
            {.found = into.protocol ? "a port with protocol " + std::to_string(protocol)
                                    : "a port without a protocol",
             .allowed = R"("protocol": "tcp" or "udp" beside it)"}));
}

std::vector<std::string_view> matchKeys()
{
    return namesOf(keys);
}

} // namespace fwdguard::config
