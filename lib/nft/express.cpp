// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/express.hpp"

#include "nft/requests.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace fwdguard::nft {

namespace {

using Reason = std::optional<std::string>;
using Version = AddressMatch::Version;

/// XT_EXTENSION_MAXNAMELEN without the NUL: longer chain names are none to iptables.
constexpr std::size_t maxIptablesChainName = 28;

Reason checkName(std::string_view what, const std::string& name, std::size_t longest)
{
    if (name.empty())
        return std::string{what} + " name is empty";
    if (name.size() > longest)
        return std::string{what} + " name \"" + name + "\" is longer than " +
               std::to_string(longest) + " characters";
    if (name.find('\0') != std::string::npos)
        return std::string{what} + " name holds a NUL character";
    return std::nullopt;
}

Reason checkNames(const DeclaredRule& rule)
{
    const std::size_t longest = isIptablesTable(rule.chain) ? maxIptablesChainName : maxNameLength;
    if (auto reason = checkName("the table", rule.chain.table, maxNameLength))
        return reason;
    if (auto reason = checkName("the chain", rule.chain.chain, longest))
        return reason;
    const Verdict& verdict = rule.body.verdict;
    if (verdict.kind == Verdict::Kind::jump || verdict.kind == Verdict::Kind::goTo)
        return checkName("the verdict's chain", verdict.chain, longest);
    return std::nullopt;
}

Reason checkInterface(const std::optional<InterfaceMatch>& interface)
{
    if (!interface)
        return std::nullopt;
    if (interface->name.empty() && interface->prefix)
        return "the interface \"+\" is every interface: leave the key out";
    // A prefix needs room for iptables' "+".
    const std::size_t longest = interface->prefix ? IFNAMSIZ - 2 : IFNAMSIZ - 1;
    if (auto reason = checkName("the interface", interface->name, longest))
        return reason;
    if (!interface->prefix && interface->name.ends_with('+'))
        return "an interface name that ends in \"+\" reads back as a prefix";
    return std::nullopt;
}

Reason checkAddress(const std::optional<AddressMatch>& address, Family family)
{
    if (!address)
        return std::nullopt;
    const bool v4 = address->version == Version::v4;
    if (v4 && family == Family::ip6)
        return "an IPv4 address in family ip6 matches nothing";
    if (!v4 && family == Family::ip)
        return "an IPv6 address in family ip matches nothing";
    if (address->prefixLength > (v4 ? 32 : 128))
        return "the address prefix is longer than the address";
    if (address->prefixLength == 0)
        return "an address with /0 is every address: leave the key out";
    return std::nullopt;
}

Reason checkPorts(const Match& match)
{
    if (!match.sourcePort && !match.destinationPort)
        return std::nullopt;
    const std::uint8_t protocol = match.protocol.value_or(0);
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        return "ports need protocol tcp or udp";
    for (const auto& ports : {match.sourcePort, match.destinationPort}) {
        if (ports && ports->first > ports->last)
            return "the port range is inverted";
        if (ports == PortRange{0, 65535})
            return "ports 0-65535 are every port: leave the key out";
    }
    return std::nullopt;
}

Reason checkMark(const std::optional<MarkMatch>& mark)
{
    if (!mark)
        return std::nullopt;
    if (mark->mask == 0)
        return "a mark with mask 0 is every mark: leave the key out";
    if ((mark->value & ~mark->mask) != 0)
        return "the mark has bits that its mask clears";
    return std::nullopt;
}

} // namespace

bool isIptablesTable(const ChainId& chain)
{
    constexpr std::array<std::string_view, 5> tables{"filter", "nat", "mangle", "raw", "security"};
    return (chain.family == Family::ip || chain.family == Family::ip6) &&
           std::ranges::find(tables, chain.table) != tables.end();
}

Reason cannotExpress(const DeclaredRule& rule)
{
    const Match& match = rule.body.match;
    if (match.source && match.destination && match.source->version != match.destination->version)
        return "source and destination are of different IP versions";
    if (match.protocol == std::uint8_t{0} && isIptablesTable(rule.chain))
        return "protocol 0 is every protocol to iptables";
    for (const Reason& reason :
         {checkNames(rule),
          checkInterface(match.inInterface),
          checkInterface(match.outInterface),
          checkAddress(match.source, rule.chain.family),
          checkAddress(match.destination, rule.chain.family),
          checkPorts(match),
          checkMark(match.mark)})
        if (reason)
            return reason;
    return std::nullopt;
}

} // namespace fwdguard::nft
