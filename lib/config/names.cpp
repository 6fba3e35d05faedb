// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/names.hpp"

#include "core/declared.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fwdguard::config {

namespace {

constexpr std::size_t maxInterfaceLength = 15; // linux/if.h, IFNAMSIZ less the NUL

constexpr bool isLetterOrDigit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The kernel's isspace(): lib/ctype.c counts byte 0xa0 as a space too.
constexpr bool isKernelSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || static_cast<unsigned char>(c) == 0xa0;
}

bool hasSpace(std::string_view text)
{
    return text.find_first_of(" \t\n\v\f\r") != std::string_view::npos;
}

std::string lengthFound(std::string_view text)
{
    return inQuotes(text) + ", " + std::to_string(text.size()) + " bytes long";
}

Parsed<std::string> parseName(std::string_view text, std::string_view what)
{
    std::string allowed = std::string{what} + ": 1 to " + std::to_string(maxNameLength) +
                          " bytes without white space or control characters";
    if (text.size() > maxNameLength)
        return Refusal{.found = lengthFound(text), .allowed = std::move(allowed)};
    if (text.empty() || hasSpace(text) || hasControlCharacters(text))
        return Refusal{.found = inQuotes(text), .allowed = std::move(allowed)};
    return std::string{text};
}

/// What is wrong with an interface name; empty: nothing.
std::string_view interfaceFault(std::string_view name)
{
    if (name.empty())
        return "no interface name";
    if (name.starts_with('!'))
        return "a second !";
    if (name == "." || name == "..")
        return "a name that the kernel reserves";
    if (name.find_first_of("/:") != std::string_view::npos)
        return "a slash or colon in the name";
    if (std::any_of(name.begin(), name.end(), isKernelSpace))
        return "a space in the name";
    if (hasControlCharacters(name))
        return "a control character in the name";
    return {};
}

constexpr std::array<std::string_view, 5> iptablesTables{
    "filter", "nat", "mangle", "raw", "security"};
constexpr std::array<std::string_view, 5> iptablesBaseChains{
    "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};

} // namespace

Parsed<std::string> parseId(std::string_view text)
{
    constexpr std::string_view allowed =
        "an id of 1 to 64 letters, digits and . _ : @ + - that starts with a letter, digit or _ "
        "(it becomes part of rule comments, D-Bus paths and journal fields)";
    const auto fits = [](char c) {
        return isLetterOrDigit(c) || std::string_view{"._:@+-"}.find(c) != std::string_view::npos;
    };
    if (text.size() > maxRuleIdLength)
        return Refusal{.found = lengthFound(text), .allowed = std::string{allowed}};
    if (text.empty() || !(isLetterOrDigit(text[0]) || text[0] == '_') ||
        !std::all_of(text.begin(), text.end(), fits))
        return Refusal{.found = inQuotes(text), .allowed = std::string{allowed}};
    if (text == "all") {
        return Refusal{
            .found = R"("all")",
            .allowed = R"(any other id: "fwd-guardctl hold all" means every rule)"};
    }
    return std::string{text};
}

Parsed<std::string> parseTableName(std::string_view text)
{
    return parseName(text, "a table name");
}

Parsed<std::string> parseChainName(std::string_view text)
{
    return parseName(text, "a chain name");
}

Parsed<InterfaceMatch> parseInterface(std::string_view text)
{
    constexpr std::string_view allowed =
        "an interface name of 1 to 15 characters without / : and spaces, with ! before it for any "
        "other interface, with + after it for all interfaces whose names begin so";
    InterfaceMatch match;
    std::string_view name = text;
    match.negated = name.starts_with('!');
    if (match.negated)
        name.remove_prefix(1);
    // iptables counts the + into its 15 characters.
    if (name.size() > maxInterfaceLength) {
        return Refusal{
            .found = inQuotes(text) + ", a name of " + std::to_string(name.size()) + " characters",
            .allowed = std::string{allowed}};
    }
    match.prefix = name.ends_with('+');
    if (match.prefix)
        name.remove_suffix(1);
    if (const std::string_view fault = interfaceFault(name); !fault.empty()) {
        return Refusal{
            .found = inQuotes(text) + ", " + std::string{fault}, .allowed = std::string{allowed}};
    }
    match.name = name;
    return match;
}

bool isIptablesTable(Family family, std::string_view table)
{
    return (family == Family::ip || family == Family::ip6) &&
           std::find(iptablesTables.begin(), iptablesTables.end(), table) != iptablesTables.end();
}

bool isIptablesBaseChain(std::string_view chain)
{
    return std::find(iptablesBaseChains.begin(), iptablesBaseChains.end(), chain) !=
           iptablesBaseChains.end();
}

} // namespace fwdguard::config
