// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/decode.hpp"

#include "xtables/header.hpp"
#include "xtables/states.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <netinet/in.h>

namespace fwdguard::xtables {

namespace {

template <class T>
std::optional<T> payload(const Extension& extension)
{
    if (extension.data.size() != alignedSize(sizeof(T)))
        return std::nullopt;
    T value;
    std::memcpy(&value, extension.data.data(), sizeof value);
    return value;
}

template <class T>
bool sameBytes(const T& a, const T& b)
{
    // Padding counts: both come from zeroed memory, as iptables' do.
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
    return std::memcmp(&a, &b, sizeof a) == 0;
}

std::optional<PortRange> rangeOf(const std::uint16_t (&ports)[2])
{
    if (ports[0] == 0 && ports[1] == 0xffff)
        return std::nullopt;
    return PortRange{ports[0], ports[1]};
}

// `expected` is the same match with nothing but these ports: any flag or option makes a difference.
template <class Ports>
bool readPorts(const Extension& extension, std::uint8_t protocol, Match& match)
{
    const auto ports = payload<Ports>(extension);
    if (!ports || match.protocol != protocol || match.sourcePort || match.destinationPort)
        return false;
    Ports expected{};
    std::copy(std::begin(ports->spts), std::end(ports->spts), expected.spts);
    std::copy(std::begin(ports->dpts), std::end(ports->dpts), expected.dpts);
    match.sourcePort = rangeOf(ports->spts);
    match.destinationPort = rangeOf(ports->dpts);
    return sameBytes(*ports, expected) && (match.sourcePort || match.destinationPort);
}

bool readMark(const Extension& extension, Match& match)
{
    const auto mark = payload<xt_mark_mtinfo1>(extension);
    if (!mark || match.mark || mark->invert > 1)
        return false;
    match.mark = MarkMatch{mark->mark, mark->mask, mark->invert != 0};
    return true;
}

bool readConntrack(const Extension& extension, Match& match)
{
    const auto conntrack = payload<xt_conntrack_mtinfo3>(extension);
    if (!conntrack || match.ctState != CtStates::none)
        return false;
    xt_conntrack_mtinfo3 expected{};
    expected.match_flags = XT_CONNTRACK_STATE;
    expected.state_mask = conntrack->state_mask;
    const auto states = statesOf(conntrack->state_mask);
    if (!states || !sameBytes(*conntrack, expected))
        return false;
    match.ctState = *states;
    return true;
}

bool readMatch(const Extension& extension, Match& match)
{
    if (extension.name == "tcp" && extension.revision == 0)
        return readPorts<xt_tcp>(extension, IPPROTO_TCP, match);
    if (extension.name == "udp" && extension.revision == 0)
        return readPorts<xt_udp>(extension, IPPROTO_UDP, match);
    if (extension.name == "mark" && extension.revision == 1)
        return readMark(extension, match);
    if (extension.name == "conntrack" && extension.revision == 3)
        return readConntrack(extension, match);
    return false;
}

std::optional<Verdict> readVerdict(const RuleView& rule, bool goTo)
{
    if (rule.jumps)
        return Verdict{goTo ? Verdict::Kind::goTo : Verdict::Kind::jump, std::string{rule.target}};
    if (goTo)
        return std::nullopt;
    if (rule.target == "ACCEPT")
        return Verdict{Verdict::Kind::accept, {}};
    if (rule.target == "DROP")
        return Verdict{Verdict::Kind::drop, {}};
    if (rule.target == "RETURN")
        return Verdict{Verdict::Kind::returnBack, {}};
    return std::nullopt;
}

template <class Layout>
std::optional<RuleBody> decodeAs(const Entry& entry, const RuleView& rule)
{
    typename Layout::Header header;
    std::memcpy(&header, entry.header.data(), sizeof header);
    auto read = readHeader(header);
    if (!read)
        return std::nullopt;
    const auto verdict = readVerdict(rule, read->goTo);
    if (!verdict)
        return std::nullopt;
    int comments = 0;
    for (const Extension& match : entry.matches) {
        if (commentIn(match))
            ++comments;
        else if (!readMatch(match, read->match))
            return std::nullopt;
    }
    if (comments != 1)
        return std::nullopt;
    return RuleBody{read->match, *verdict};
}

} // namespace

std::optional<RuleBody> decode(Family family, const Entry& entry, const RuleView& rule)
{
    return family == Family::ip6 ? decodeAs<Ip6Layout>(entry, rule)
                                 : decodeAs<Ip4Layout>(entry, rule);
}

} // namespace fwdguard::xtables
