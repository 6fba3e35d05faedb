// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "core/types.hpp"
#include "nft/attributes.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace fwdguard::nft {

/// What a register holds: something of the packet, perhaps masked.
struct Loaded {
    enum class Source : std::uint8_t { meta, linkHeader, networkHeader, transportHeader, ct };

    static constexpr std::size_t maxLength = 16; ///< of the registers that our match keys need

    Source source = Source::meta;
    std::uint32_t key = 0;                                     ///< meta, ct: NFT_META_*, NFT_CT_*
    std::uint32_t offset = 0;                                  ///< headers: first byte
    std::uint32_t length = 0;                                  ///< headers: bytes; else 0
    std::optional<std::array<std::uint8_t, maxLength>> mask{}; ///< from a bitwise expression
};

enum class Comparison : std::uint8_t { equal, unequal, less, lessEqual, greater, greaterEqual };

/// Collects what the conditions of one rule say, in whatever encoding they come. Every function is
/// true when the condition was taken in whole, and false when no declared rule can say it: then the
/// rule must not be compared any further, as a dropped condition makes it look narrower than it is.
class Conditions {
  public:
    explicit Conditions(Family family);

    [[nodiscard]] bool compare(const Loaded& loaded, Comparison comparison, Bytes value);

    /// The bytes lie in first..last.
    [[nodiscard]] bool inRange(const Loaded& loaded, Bytes first, Bytes last);

    [[nodiscard]] bool mark(const MarkMatch& match);
    [[nodiscard]] bool ctState(CtStates states);

    /// As iptables' tcp and udp matches have it: for `protocol` only, all ports when 0..65535.
    [[nodiscard]] bool portsOf(std::uint8_t protocol, PortRange source, PortRange destination);

    /// The whole, once all conditions are in; nullopt when they do not fit together.
    [[nodiscard]] std::optional<Match> finish() const;

  private:
    using Version = AddressMatch::Version;

    bool compareMeta(const Loaded& loaded, Comparison comparison, Bytes value);
    bool compareInterface(
        std::optional<InterfaceMatch>& match,
        const Loaded& loaded,
        Comparison comparison,
        Bytes value);
    bool compareMark(const Loaded& loaded, Comparison comparison, Bytes value);
    bool compareNetworkHeader(const Loaded& loaded, Comparison comparison, Bytes value);
    bool compareTransportHeader(const Loaded& loaded, Comparison comparison, Bytes value);
    bool compareCt(const Loaded& loaded, Comparison comparison, Bytes value);
    bool etherType(std::uint16_t type);
    bool networkIs(Version version);
    bool ports(const Loaded& loaded, std::uint16_t first, std::uint16_t last);
    bool knowsPorts() const;

    Family family_;
    std::optional<Version> network_; ///< which IP the rest of the rule is about
    std::optional<std::uint8_t> portsOf_;
    Match match_;
};

} // namespace fwdguard::nft
