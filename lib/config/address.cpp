// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/address.hpp"

#include "config/numbers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace fwdguard::config {

namespace {

constexpr std::string_view allowedAddress =
    "an address or a prefix such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32, with ! before it for "
    "every other address";

int socketFamily(AddressMatch::Version version)
{
    return version == AddressMatch::Version::v4 ? AF_INET : AF_INET6;
}

std::uint8_t addressBits(AddressMatch::Version version)
{
    return version == AddressMatch::Version::v4 ? 32 : 128;
}

/// `match` with the bits beyond its prefix length set to 0.
AddressMatch network(AddressMatch match)
{
    for (std::size_t i = 0; i < match.address.size(); ++i) {
        const std::size_t before = i * 8;
        const std::size_t kept = match.prefixLength <= before
                                     ? 0
                                     : std::min<std::size_t>(8, match.prefixLength - before);
        match.address[i] = static_cast<std::uint8_t>(match.address[i] & (0xff00U >> kept));
    }
    return match;
}

/// Reads the address into `match` and sets its version and the prefix length of a single host.
bool readHost(std::string_view text, AddressMatch& match)
{
    const std::string terminated{text}; // inet_pton(3) wants a NUL
    if (terminated.find('\0') != std::string::npos)
        return false;
    using Version = AddressMatch::Version;
    for (const Version version : {Version::v4, Version::v6}) {
        if (inet_pton(socketFamily(version), terminated.c_str(), match.address.data()) != 1)
            continue;
        match.version = version;
        match.prefixLength = addressBits(version);
        return true;
    }
    return false;
}

/// The prefix length that an IPv4 netmask such as 255.255.0.0 stands for.
std::optional<std::uint8_t> prefixOfNetmask(std::string_view text)
{
    AddressMatch mask;
    if (!readHost(text, mask) || mask.version != AddressMatch::Version::v4)
        return std::nullopt;
    AddressMatch ones;
    ones.address = {0xff, 0xff, 0xff, 0xff};
    for (std::uint8_t length = 0; length <= 32; ++length) {
        ones.prefixLength = length;
        if (network(ones).address == mask.address)
            return length;
    }
    return std::nullopt;
}

/// Reads what stands behind the slash; a refusal tells what to write instead where that is known.
std::optional<Refusal>
readPrefixLength(std::string_view text, std::string_view whole, AddressMatch& match)
{
    const std::uint8_t bits = addressBits(match.version);
    if (const auto length = parseDecimal(text, bits)) {
        match.prefixLength = static_cast<std::uint8_t>(*length);
        return std::nullopt;
    }
    if (const auto length = prefixOfNetmask(text);
        length && match.version == AddressMatch::Version::v4) {
        match.prefixLength = *length;
        return Refusal{
            .found = inQuotes(whole) + ", a netmask",
            .allowed = "a prefix length: " + toString(network(match))};
    }
    return Refusal{
        .found = inQuotes(whole) + ", prefix length " + inQuotes(text),
        .allowed = "a prefix length from 1 to " + std::to_string(bits)};
}

Refusal hostBitsSet(std::string_view whole, const AddressMatch& match)
{
    AddressMatch host = match;
    host.prefixLength = addressBits(match.version);
    return {
        .found = inQuotes(whole) + ", an address with host bits set beyond its prefix",
        .allowed =
            toString(network(match)) + " for the network, " + toString(host) + " for the one host"};
}

} // namespace

Parsed<AddressMatch> parseAddress(std::string_view text)
{
    AddressMatch match;
    std::string_view rest = text;
    match.negated = rest.starts_with('!');
    if (match.negated)
        rest.remove_prefix(1);
    const std::size_t slash = rest.find('/');
    if (!readHost(rest.substr(0, slash), match))
        return Refusal{.found = inQuotes(text), .allowed = std::string{allowedAddress}};
    if (slash != std::string_view::npos) {
        if (auto refusal = readPrefixLength(rest.substr(slash + 1), text, match))
            return *std::move(refusal);
    }
    if (match.prefixLength == 0) {
        return Refusal{
            .found = inQuotes(text) + (match.negated ? ", which matches no address"
                                                     : ", which matches every address"),
            .allowed = "a prefix length of 1 or more; leave the key out to match every address"};
    }
    if (network(match) != match)
        return hostBitsSet(text, match);
    return match;
}

std::string toString(const AddressMatch& match)
{
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(socketFamily(match.version), match.address.data(), buffer.data(), buffer.size());
    return std::string{buffer.data()} + '/' + std::to_string(match.prefixLength);
}

} // namespace fwdguard::config
