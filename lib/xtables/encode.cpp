// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/encode.hpp"

#include "xtables/header.hpp"
#include "xtables/layout.hpp"
#include "xtables/states.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <netinet/in.h>

namespace fwdguard::xtables {

namespace {

using Buffer = std::vector<std::byte>;

template <class T>
void overwrite(Buffer& buffer, std::size_t at, const T& value)
{
    std::memcpy(buffer.data() + at, &value, sizeof value);
}

/// Appends a match or target with this payload.
template <class T>
void append(Buffer& buffer, std::string_view name, std::uint8_t revision, const T& payload)
{
    const std::size_t at = buffer.size();
    const std::size_t size = alignedSize(sizeof(xt_entry_match) + sizeof payload);
    buffer.resize(at + size);
    xt_entry_match head{};
    head.u.user.match_size = static_cast<std::uint16_t>(size);
    std::copy(name.begin(), name.end(), head.u.user.name);
    head.u.user.revision = revision;
    overwrite(buffer, at, head);
    overwrite(buffer, at + sizeof head, payload);
}

template <class Ports>
void setPorts(Ports& ports, const Match& match)
{
    const PortRange any{0, 0xffff};
    const PortRange source = match.sourcePort.value_or(any);
    const PortRange destination = match.destinationPort.value_or(any);
    ports.spts[0] = source.first;
    ports.spts[1] = source.last;
    ports.dpts[0] = destination.first;
    ports.dpts[1] = destination.last;
}

bool appendPorts(Buffer& buffer, const Match& match)
{
    if (!match.sourcePort && !match.destinationPort)
        return true;
    if (match.protocol == IPPROTO_TCP) {
        xt_tcp tcp{};
        setPorts(tcp, match);
        append(buffer, "tcp", 0, tcp);
        return true;
    }
    if (match.protocol == IPPROTO_UDP) {
        xt_udp udp{};
        setPorts(udp, match);
        append(buffer, "udp", 0, udp);
        return true;
    }
    return false;
}

void appendMatches(Buffer& buffer, const Match& match)
{
    if (match.mark) {
        xt_mark_mtinfo1 mark{};
        mark.mark = match.mark->value;
        mark.mask = match.mark->mask;
        mark.invert = match.mark->negated ? 1 : 0;
        append(buffer, "mark", 1, mark);
    }
    if (match.ctState != CtStates::none) {
        xt_conntrack_mtinfo3 conntrack{};
        conntrack.match_flags = XT_CONNTRACK_STATE;
        conntrack.state_mask = stateMask(match.ctState);
        append(buffer, "conntrack", 3, conntrack);
    }
}

void appendTag(Buffer& buffer, const RuleKey& key)
{
    xt_comment_info info{};
    const std::string tag = std::string{tagPrefix} + key.id;
    std::copy(tag.begin(), tag.end(), info.comment);
    append(buffer, "comment", 0, info);
}

std::string_view targetOf(const Verdict& verdict)
{
    switch (verdict.kind) {
    case Verdict::Kind::accept:
        return "ACCEPT";
    case Verdict::Kind::drop:
        return "DROP";
    case Verdict::Kind::returnBack:
        return "RETURN";
    case Verdict::Kind::jump:
    case Verdict::Kind::goTo:
        return verdict.chain;
    }
    return {};
}

template <class Layout>
std::optional<Buffer> encodeAs(const RuleKey& key, const RuleBody& body, const Counters& counters)
{
    using Entry = typename Layout::Entry;
    typename Layout::Header header{};
    const std::string_view target = targetOf(body.verdict);
    if (!writeHeader(body.match, body.verdict.kind == Verdict::Kind::goTo, header) ||
        key.id.size() > maxRuleIdLength || target.empty() ||
        target.size() >= sizeof(xt_entry_target::u.user.name))
        return std::nullopt;

    Buffer buffer(sizeof(Entry));
    if (!appendPorts(buffer, body.match))
        return std::nullopt;
    appendMatches(buffer, body.match);
    appendTag(buffer, key);

    const std::size_t targetOffset = buffer.size();
    append(buffer, target, 0, int{0}); // the verdict: libiptc fills it in from the name
    std::memcpy(buffer.data(), &header, sizeof header);
    overwrite(buffer, offsetof(Entry, target_offset), static_cast<std::uint16_t>(targetOffset));
    overwrite(buffer, offsetof(Entry, next_offset), static_cast<std::uint16_t>(buffer.size()));
    overwrite(buffer, offsetof(Entry, counters), xt_counters{counters.packets, counters.bytes});
    return buffer;
}

} // namespace

std::optional<Buffer> encode(const RuleKey& key, const RuleBody& body, const Counters& counters)
{
    switch (key.family) {
    case Family::ip:
        return encodeAs<Ip4Layout>(key, body, counters);
    case Family::ip6:
        return encodeAs<Ip6Layout>(key, body, counters);
    case Family::inet:
    case Family::bridge:
        break;
    }
    return std::nullopt;
}

} // namespace fwdguard::xtables
