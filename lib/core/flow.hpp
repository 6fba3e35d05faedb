// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/docker_chains.hpp"
#include "core/rule_body.hpp"
#include "core/types.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fwdguard {

/// Declared traffic between two sides, in both directions. Which rules it takes depends on the
/// host: expand() says.
struct Flow {
    enum class Anchor : std::uint8_t { head, dockerUser };

    std::string id{};
    std::vector<InterfaceMatch> from{};        ///< none of them negated, nor those of `to`
    std::vector<InterfaceMatch> to{};          ///< the containers' side
    std::optional<AddressMatch> destination{}; ///< of the containers; not negated
    Anchor anchor = Anchor::head;
    bool directAccess = false; ///< only with a destination
    bool operator==(const Flow&) const = default;
};

/// Longest flow id in bytes: the ids of its rules are made of it.
inline constexpr std::size_t maxFlowIdLength = 48;

/// Most interfaces of one side.
inline constexpr std::size_t maxFlowInterfaces = 16;

/// The family of a flow's rules: that of its destination; without one, ip.
[[nodiscard]] Family familyOf(const Flow& flow);

/// The ids of all rules that a flow may ever expand to.
[[nodiscard]] std::vector<std::string> ruleIdsOf(const Flow& flow);

/// What of Docker's configuration decides over packets that other programs let pass.
struct DockerOptions {
    bool nftables = false;                 ///< "firewall-backend": "nftables"
    std::optional<MarkMatch> acceptMark{}; ///< "bridge-accept-fwmark"
    bool directRouting = false;            ///< "allow-direct-routing"
    std::string trouble{}; ///< why there is nothing to know; empty when there is just no such file
    bool operator==(const DockerOptions&) const = default;
};

/// What a flow's rules depend on, as it is now.
struct FlowHost {
    /// What one family's ruleset has.
    struct Ruleset {
        bool dockerBridges = false;                   ///< the table of Docker's nftables backend
        bool forward = false;                         ///< iptables' FORWARD
        std::map<std::string, IntoBridge> bridges{};  ///< of those in flows' `to`, Docker's own
        std::vector<std::optional<Match>> rawDrops{}; ///< of Docker's nftables backend
        bool operator==(const Ruleset&) const = default;
    };

    Ruleset ip{};
    Ruleset ip6{};
    std::set<std::string> interfaces{}; ///< of those that flows name exactly, the ones there are
    DockerOptions docker{};
    bool operator==(const FlowHost&) const = default;
};

/// Sets the bits of `mask` in the mark of forwarded packets to those of `value`.
struct MarkRule {
    Family family = Family::ip;
    Match match{};
    std::uint32_t value = 0;
    std::uint32_t mask = 0xffffffff;
    std::string comment{};
    bool operator==(const MarkRule&) const = default;
};

/// A line of Docker's configuration file, as it has to be written.
using DockerLine = std::string;

struct Expansion {
    std::vector<DeclaredRule> rules{}; ///< to be guarded
    std::vector<MarkRule> marks{};     ///< for a table of our own, which nobody else can change
    std::vector<std::string> missingInterfaces{}; ///< named exactly, and not there
    std::vector<DockerLine> dockerLines{};        ///< without them Docker drops the flow
    bool dockerRestart = false; ///< it drops the flow until it has read its configuration anew
    bool operator==(const Expansion&) const = default;
};

/// The rules that this host needs for the flow. Where Docker works with iptables these are an
/// accept in each direction at the head of FORWARD or DOCKER-USER and, for direct access, one
/// towards the containers in raw PREROUTING. Docker's nftables backend drops in tables of its own,
/// where an accept elsewhere cannot undo it; it lets pass what has a mark. There the accepts stay
/// in FORWARD where there is one: a policy DROP that Docker's iptables backend left behind still
/// drops. What Docker's tables do counts, not what its configuration file says: it reads that when
/// it starts.
[[nodiscard]] Expansion expand(const Flow& flow, const FlowHost& host);

} // namespace fwdguard
