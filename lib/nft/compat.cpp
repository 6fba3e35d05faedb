// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/compat.hpp"

#include "nft/state_bits.hpp"
#include "nft/uapi.hpp"

#include <cstring>
#include <type_traits>

namespace fwdguard::nft {

namespace {

/// XT_ALIGN in linux/netfilter/x_tables.h.
constexpr std::size_t aligned(std::size_t size)
{
    return (size + alignof(std::uint64_t) - 1) & ~(alignof(std::uint64_t) - 1);
}

/// A match's private data, as the kernel structure; nullopt when the size is another.
template <class Info>
std::optional<Info> infoAs(Bytes bytes)
{
    static_assert(std::is_trivially_copyable_v<Info>);
    if (bytes.size() != aligned(sizeof(Info)) && bytes.size() != sizeof(Info))
        return std::nullopt;
    Info info;
    std::memcpy(&info, bytes.data(), sizeof info);
    return info;
}

bool isZero(Bytes bytes)
{
    for (const std::uint8_t byte : bytes)
        if (byte != 0)
            return false;
    return true;
}

bool readTcp(Conditions& conditions, Bytes bytes)
{
    const auto info = infoAs<xt_tcp>(bytes);
    return info && info->option == 0 && info->flg_mask == 0 && info->flg_cmp == 0 &&
           info->invflags == 0 &&
           conditions.portsOf(
               IPPROTO_TCP, {info->spts[0], info->spts[1]}, {info->dpts[0], info->dpts[1]});
}

bool readUdp(Conditions& conditions, Bytes bytes)
{
    const auto info = infoAs<xt_udp>(bytes);
    return info && info->invflags == 0 &&
           conditions.portsOf(
               IPPROTO_UDP, {info->spts[0], info->spts[1]}, {info->dpts[0], info->dpts[1]});
}

bool readMark(Conditions& conditions, Bytes bytes)
{
    const auto info = infoAs<xt_mark_mtinfo1>(bytes);
    return info &&
           conditions.mark({.value = info->mark, .mask = info->mask, .negated = info->invert != 0});
}

bool readConntrack(Conditions& conditions, Bytes bytes)
{
    auto info = infoAs<xt_conntrack_mtinfo3>(bytes);
    if (!info || (info->match_flags & ~XT_CONNTRACK_STATE_ALIAS) != XT_CONNTRACK_STATE)
        return false;
    const auto states = statesOfBits(info->state_mask, &StateBits::compat);
    // Members that the flags do not select mean nothing to the kernel; those we do not set we do
    // not expect to be set either.
    info->match_flags = 0;
    info->state_mask = 0;
    Bytes rest{reinterpret_cast<const std::uint8_t*>(&*info), sizeof *info};
    return states && isZero(rest) && conditions.ctState(*states);
}

} // namespace

std::vector<std::uint8_t> conntrackInfo(CtStates states)
{
    xt_conntrack_mtinfo3 info{};
    info.match_flags = XT_CONNTRACK_STATE;
    info.state_mask = bitsOfStates(states, &StateBits::compat);
    std::vector<std::uint8_t> bytes(aligned(sizeof info));
    std::memcpy(bytes.data(), &info, sizeof info);
    return bytes;
}

bool readCompatMatch(Conditions& conditions, Bytes match)
{
    const auto table = tableOf<NFTA_MATCH_MAX + 1>(match);
    if (!table)
        return false;
    const auto& nameBytes = (*table)[NFTA_MATCH_NAME];
    const auto& revisionBytes = (*table)[NFTA_MATCH_REV];
    const auto& info = (*table)[NFTA_MATCH_INFO];
    const auto revision =
        revisionBytes ? networkNumber<std::uint32_t>(*revisionBytes) : std::nullopt;
    if (!nameBytes || !revision || !info)
        return false;

    const std::string_view name = textOf(*nameBytes);
    if (name == "comment" && revision == 0U)
        return true;
    if (name == "tcp" && revision == 0U)
        return readTcp(conditions, *info);
    if (name == "udp" && revision == 0U)
        return readUdp(conditions, *info);
    if (name == "mark" && revision == 1U)
        return readMark(conditions, *info);
    return name == "conntrack" && revision == conntrackRevision && readConntrack(conditions, *info);
}

} // namespace fwdguard::nft
