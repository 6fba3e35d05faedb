// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/rule_checks.hpp"

#include "config/address.hpp"
#include "config/fields.hpp"
#include "config/names.hpp"

#include <algorithm>
#include <string_view>

namespace fwdguard::config {

namespace {

bool inIptablesTable(const std::vector<Family>& families, std::string_view table)
{
    return std::any_of(families.begin(), families.end(), [&](Family family) {
        return isIptablesTable(family, table);
    });
}

/// iptables-legacy has the families ip and ip6 only, and the five tables that the kernel gives it.
template <class Entry>
Outcome checkBackend(const Entry& entry)
{
    const auto cannot =
        std::find_if(entry.families.begin(), entry.families.end(), [&entry](Family family) {
            return !isIptablesTable(family, entry.table);
        });
    if (entry.backend != BackendChoice::legacy || cannot == entry.families.end())
        return std::nullopt;
    return within(
        "backend",
        refuse(
            {.found = "\"legacy\" for table " + inQuotes(entry.table) + " of family " +
                      std::string{toString(*cannot)},
             .allowed = "\"legacy\" for filter, nat, mangle, raw, security of ip and ip6 only"}));
}

/// A chain's name that iptables could neither print nor take back would make the table unusable to
/// it.
std::optional<Refusal> iptablesChainFault(std::string_view chain)
{
    if (chain.size() > maxIptablesChainLength) {
        return Refusal{
            .found = inQuotes(chain) + ", " + std::to_string(chain.size()) + " bytes long",
            .allowed = "at most " + std::to_string(maxIptablesChainLength) +
                       " bytes for a chain of a table that iptables manages"};
    }
    if (chain.starts_with('-') || chain.starts_with('!')) {
        return Refusal{
            .found = inQuotes(chain),
            .allowed = "a name that iptables takes: it does not start with - or !"};
    }
    return std::nullopt;
}

Outcome checkIptablesChains(const RuleEntry& rule)
{
    if (!inIptablesTable(rule.families, rule.table))
        return std::nullopt;
    if (auto fault = iptablesChainFault(rule.chain))
        return within("chain", refuse(*std::move(fault)));
    if (auto fault = iptablesChainFault(rule.position.chain))
        return within("position", refuse(*std::move(fault)));
    if (auto fault = iptablesChainFault(rule.body.verdict.chain))
        return within("verdict", refuse(*std::move(fault)));
    const std::string& target = rule.body.verdict.chain;
    if (isIptablesBaseChain(target)) {
        return within(
            "verdict",
            refuse(
                {.found = "a jump to " + inQuotes(target) + ", which the kernel itself enters",
                 .allowed = "a jump to a chain that somebody created"}));
    }
    if (isIptablesBaseChain(rule.position.chain)) {
        return within(
            "position",
            refuse(
                {.found = "an anchor that jumps to " + inQuotes(rule.position.chain) +
                          ", which no rule can",
                 .allowed = "the chain that a rule of " + inQuotes(rule.chain) + " jumps to"}));
    }
    return std::nullopt;
}

/// A packet has no output interface before routing, and no input interface when it is made here.
Outcome checkHook(const RuleEntry& rule)
{
    if (!inIptablesTable(rule.families, rule.table))
        return std::nullopt;
    const bool noOutput = rule.chain == "PREROUTING" || rule.chain == "INPUT";
    const bool noInput = rule.chain == "POSTROUTING" || rule.chain == "OUTPUT";
    if (noOutput && rule.body.match.outInterface) {
        return within(
            "match",
            within(
                "out_interface",
                refuse(
                    {.found =
                         "an output interface in " + rule.chain + ", where a packet has none yet",
                     .allowed =
                         "in_interface, or one of the chains FORWARD, OUTPUT, POSTROUTING"})));
    }
    if (noInput && rule.body.match.inInterface) {
        return within(
            "match",
            within(
                "in_interface",
                refuse(
                    {.found = "an input interface in " + rule.chain +
                              ", where a packet has none any more",
                     .allowed =
                         "out_interface, or one of the chains PREROUTING, INPUT, FORWARD"})));
    }
    return std::nullopt;
}

Outcome checkOwnChain(const RuleEntry& rule)
{
    if (rule.position.chain == rule.chain) {
        return within(
            "position",
            refuse(
                {.found = "the rule's own chain " + inQuotes(rule.chain) + " as its anchor",
                 .allowed =
                     "another chain, one that a rule of " + inQuotes(rule.chain) + " jumps to"}));
    }
    if (rule.body.verdict.chain == rule.chain) {
        return within(
            "verdict",
            refuse(
                {.found = "a jump from " + inQuotes(rule.chain) + " to itself",
                 .allowed = "a jump to another chain: the kernel refuses loops"}));
    }
    return std::nullopt;
}

Outcome checkAddress(
    const std::vector<Family>& families,
    std::string_view key,
    const std::optional<AddressMatch>& address)
{
    if (!address)
        return std::nullopt;
    const bool v4 = address->version == AddressMatch::Version::v4;
    const Family other = v4 ? Family::ip6 : Family::ip;
    if (std::find(families.begin(), families.end(), other) == families.end())
        return std::nullopt;
    Refusal refusal{
        .found = std::string{v4 ? "the IPv4" : "the IPv6"} + " address " + toString(*address) +
                 " in family " + std::string{toString(other)},
        .allowed = std::string{v4 ? "an IPv6" : "an IPv4"} + " address"};
    if (families.size() > 1)
        refusal.allowed = "no address that only one of the families has; declare a rule for each";
    return within("match", within(key, refuse(std::move(refusal))));
}

Outcome checkAddresses(const RuleEntry& rule)
{
    const Match& match = rule.body.match;
    if (Outcome outcome = checkAddress(rule.families, "source", match.source))
        return outcome;
    if (Outcome outcome = checkAddress(rule.families, "destination", match.destination))
        return outcome;
    if (match.source && match.destination && match.source->version != match.destination->version) {
        return within(
            "match",
            within(
                "destination",
                refuse(
                    {.found = toString(*match.destination) + " as destination and " +
                              toString(*match.source) + " as source",
                     .allowed = "two IPv4 or two IPv6 addresses"})));
    }
    return std::nullopt;
}

bool endsEveryPacket(const RuleEntry& rule)
{
    const Verdict::Kind kind = rule.body.verdict.kind;
    return rule.body.match == Match{} &&
           (kind == Verdict::Kind::accept || kind == Verdict::Kind::drop);
}

Outcome checkEmptyMatch(const RuleEntry& rule)
{
    if (!endsEveryPacket(rule) || rule.allowAny)
        return std::nullopt;
    const bool accepts = rule.body.verdict.kind == Verdict::Kind::accept;
    return within(
        "match",
        refuse(
            {.found = std::string{accepts ? "accept" : "drop"} + " without a match, which " +
                      (accepts ? "bypasses every rule behind it" : "stops all traffic"),
             .allowed = R"(at least one key in "match", or "allow_any": true beside it)"}));
}

} // namespace

Outcome checkRule(const RuleEntry& rule)
{
    for (Outcome (*check)(const RuleEntry&) :
         {checkOwnChain,
          checkBackend<RuleEntry>,
          checkIptablesChains,
          checkHook,
          checkAddresses,
          checkEmptyMatch})
        if (Outcome outcome = check(rule))
            return outcome;
    return std::nullopt;
}

Outcome checkPolicy(const PolicyEntry& policy)
{
    if (Outcome outcome = checkBackend(policy))
        return outcome;
    if (!inIptablesTable(policy.families, policy.table) || isIptablesBaseChain(policy.chain))
        return std::nullopt;
    return within(
        "chain",
        refuse(
            {.found = inQuotes(policy.chain) + ", which has no policy in a table of iptables",
             .allowed = "one of PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING"}));
}

std::vector<std::string> warningsOf(const RuleEntry& rule)
{
    constexpr std::uint8_t icmp = 1;
    constexpr std::uint8_t icmpv6 = 58;
    std::vector<std::string> warnings;
    const auto isFor = [&](Family family) {
        return std::find(rule.families.begin(), rule.families.end(), family) != rule.families.end();
    };
    if (endsEveryPacket(rule)) {
        const bool accepts = rule.body.verdict.kind == Verdict::Kind::accept;
        warnings.push_back(
            accepts
                ? "accepts every packet: the rules behind it in " + rule.chain + " are never asked"
                : "drops every packet that gets so far in " + rule.chain);
    } else if (rule.allowAny) {
        warnings.emplace_back(
            "\"allow_any\" does nothing here: the rule does not end every packet");
    }
    if (rule.body.match.protocol == icmp && isFor(Family::ip6))
        warnings.emplace_back(R"(ip6 carries "icmpv6", hardly ever "icmp")");
    if (rule.body.match.protocol == icmpv6 && isFor(Family::ip))
        warnings.emplace_back(R"(ip carries "icmp", hardly ever "icmpv6")");
    return warnings;
}

} // namespace fwdguard::config
