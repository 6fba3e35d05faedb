// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace fwdguard {

/// An interface by name; `prefix` stands for iptables' trailing "+" (the "+" is not in `name`).
struct InterfaceMatch {
    std::string name{};
    bool prefix = false;
    bool negated = false;
    bool operator==(const InterfaceMatch&) const = default;
};

/// An address prefix. IPv4 uses the first 4 bytes of `address`, network order, the rest is 0; bits
/// beyond `prefixLength` are 0.
struct AddressMatch {
    enum class Version : std::uint8_t { v4, v6 };

    Version version = Version::v4;
    std::array<std::uint8_t, 16> address{};
    std::uint8_t prefixLength = 0;
    bool negated = false;
    bool operator==(const AddressMatch&) const = default;
};

/// Ports first..last, both inclusive; one port has first == last.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    bool operator==(const PortRange&) const = default;
};

/// Matches when (packet mark & mask) == value, or != when negated.
struct MarkMatch {
    std::uint32_t value = 0;
    std::uint32_t mask = 0xffffffff;
    bool negated = false;
    bool operator==(const MarkMatch&) const = default;
};

/// A set of connection states; a packet matches when its state is one of them.
enum class CtStates : std::uint8_t {
    none = 0,
    invalid = 1,
    established = 2,
    related = 4,
    newly = 8, ///< "new" in the configuration, iptables and nft
    untracked = 16,
};

constexpr CtStates operator|(CtStates a, CtStates b)
{
    return static_cast<CtStates>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

constexpr CtStates operator&(CtStates a, CtStates b)
{
    return static_cast<CtStates>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}

constexpr bool contains(CtStates set, CtStates state)
{
    return (set & state) != CtStates::none;
}

/// What a packet must look like; an absent member matches everything.
struct Match {
    std::optional<InterfaceMatch> inInterface{};
    std::optional<InterfaceMatch> outInterface{};
    std::optional<AddressMatch> source{};
    std::optional<AddressMatch> destination{};
    std::optional<std::uint8_t> protocol{}; ///< IANA number: 6 is TCP
    std::optional<PortRange> sourcePort{};  ///< only with protocol 6 or 17
    std::optional<PortRange> destinationPort{};
    std::optional<MarkMatch> mark{};
    CtStates ctState = CtStates::none; ///< none: any state matches
    bool operator==(const Match&) const = default;
};

/// What happens to a packet that matched.
struct Verdict {
    enum class Kind : std::uint8_t { accept, drop, returnBack, jump, goTo };

    Kind kind = Kind::accept;
    std::string chain; ///< only for jump and goTo
    bool operator==(const Verdict&) const = default;
};

/// A rule without its tag, counters and place. Two equal bodies do the same to every packet.
struct RuleBody {
    Match match{};
    Verdict verdict{};
    bool operator==(const RuleBody&) const = default;
};

} // namespace fwdguard
