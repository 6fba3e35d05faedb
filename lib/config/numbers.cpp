// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/numbers.hpp"

#include "config/suggest.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <string>
#include <system_error>

namespace fwdguard::config {

namespace {

std::optional<std::uint64_t> parseDigits(std::string_view text, int base, std::uint64_t most)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > most)
        return std::nullopt;
    return value;
}

/// Decimal, or hexadecimal with 0x.
std::optional<std::uint32_t> parseMarkNumber(std::string_view text)
{
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    const auto value =
        text.starts_with("0x") ? parseDigits(text.substr(2), 16, most) : parseDecimal(text, most);
    if (!value)
        return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

struct Protocol {
    std::string_view name;
    std::uint8_t number;
};

// https://www.iana.org/assignments/protocol-numbers; not /etc/protocols, so that a configuration
// means the same on every host.
constexpr std::array<Protocol, 17> protocols{{
    {"tcp", 6},
    {"udp", 17},
    {"icmp", 1},
    {"icmpv6", 58},
    {"sctp", 132},
    {"dccp", 33},
    {"udplite", 136},
    {"esp", 50},
    {"ah", 51},
    {"gre", 47},
    {"igmp", 2},
    {"ipencap", 4},
    {"ipv6", 41},
    {"l2tp", 115},
    {"ospf", 89},
    {"pim", 103},
    {"vrrp", 112},
}};

struct State {
    std::string_view name;
    CtStates state;
};

constexpr std::array<State, 5> states{{
    {"new", CtStates::newly},
    {"established", CtStates::established},
    {"related", CtStates::related},
    {"invalid", CtStates::invalid},
    {"untracked", CtStates::untracked},
}};

struct Unit {
    std::string_view name;
    std::chrono::milliseconds length;
};

constexpr std::array<Unit, 4> units{{
    {"ms", std::chrono::milliseconds{1}},
    {"s", std::chrono::seconds{1}},
    {"m", std::chrono::minutes{1}},
    {"h", std::chrono::hours{1}},
}};

template <class Entry, std::size_t Count>
const Entry* find(const std::array<Entry, Count>& table, std::string_view name)
{
    for (const Entry& entry : table)
        if (entry.name == name)
            return &entry;
    return nullptr;
}

template <class Entry, std::size_t Count>
std::string namesOf(const std::array<Entry, Count>& table, std::string_view found)
{
    std::array<std::string_view, Count> names;
    for (std::size_t i = 0; i < Count; ++i)
        names[i] = table[i].name;
    return oneOf(names, found);
}

} // namespace

std::optional<std::uint64_t> parseDecimal(std::string_view text, std::uint64_t most)
{
    if (text.size() > 1 && text.starts_with('0'))
        return std::nullopt;
    return parseDigits(text, 10, most);
}

Parsed<PortRange> parsePorts(std::string_view text)
{
    constexpr std::uint64_t most = 65535;
    const std::size_t dash = text.find('-');
    const auto first = parseDecimal(text.substr(0, dash), most);
    const auto last =
        dash == std::string_view::npos ? first : parseDecimal(text.substr(dash + 1), most);
    if (!first || !last || *first == 0 || *last == 0) {
        return Refusal{
            .found = inQuotes(text),
            .allowed = "a port from 1 to 65535, or a range such as 8000-8100"};
    }
    if (*first > *last) {
        return Refusal{
            .found = inQuotes(text) + ", a range that ends before it begins",
            .allowed = '"' + std::to_string(*last) + '-' + std::to_string(*first) + '"'};
    }
    return PortRange{
        .first = static_cast<std::uint16_t>(*first), .last = static_cast<std::uint16_t>(*last)};
}

Parsed<std::uint8_t> parseProtocolName(std::string_view text)
{
    if (const Protocol* protocol = find(protocols, text))
        return protocol->number;
    return Refusal{
        .found = inQuotes(text),
        .allowed = "a number from 1 to 255 without quotes, or " + namesOf(protocols, text)};
}

Parsed<MarkMatch> parseMark(std::string_view text)
{
    MarkMatch match;
    std::string_view rest = text;
    match.negated = rest.starts_with('!');
    if (match.negated)
        rest.remove_prefix(1);
    const std::size_t slash = rest.find('/');
    const auto value = parseMarkNumber(rest.substr(0, slash));
    const auto mask = slash == std::string_view::npos ? std::optional{match.mask}
                                                      : parseMarkNumber(rest.substr(slash + 1));
    if (!value || !mask) {
        return Refusal{
            .found = inQuotes(text),
            .allowed =
                "a 32-bit mark such as 0x1 or 1, with a mask such as 0x1/0xff, with ! before "
                "it for every other mark"};
    }
    if (*mask == 0 || (*value & ~*mask) != 0) {
        return Refusal{
            .found = inQuotes(text) +
                     (*mask == 0 ? ", a mask of 0" : ", a mark with bits outside its mask"),
            .allowed = "a mask that covers the mark, such as 0x1/0xff"};
    }
    match.value = *value;
    match.mask = *mask;
    return match;
}

Parsed<CtStates> parseCtState(std::string_view text)
{
    if (const State* state = find(states, text))
        return state->state;
    std::string allowed = namesOf(states, text);
    if (text.find(',') != std::string_view::npos)
        allowed += R"(; several as a list: ["established", "related"])";
    return Refusal{.found = inQuotes(text), .allowed = allowed};
}

Parsed<std::chrono::milliseconds> parseDuration(std::string_view text)
{
    constexpr std::chrono::milliseconds longest = std::chrono::hours{24};
    const std::size_t end = text.find_first_not_of("0123456789");
    const Unit* unit = end == std::string_view::npos ? nullptr : find(units, text.substr(end));
    if (unit != nullptr) {
        const auto most = static_cast<std::uint64_t>(longest / unit->length);
        if (const auto count = parseDecimal(text.substr(0, end), most))
            return unit->length * static_cast<std::int64_t>(*count);
    }
    return Refusal{
        .found = inQuotes(text),
        .allowed =
            R"(a time of at most a day, in ms, s, m or h, such as "500ms", "10s", "5m", "1h")"};
}

} // namespace fwdguard::config
