// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/verdict.hpp"

#include "nft/uapi.hpp"

#include <cstdint>
#include <string>

namespace fwdguard::nft {

namespace {

std::optional<Verdict::Kind> verdictKind(std::optional<std::uint32_t> code)
{
    if (!code)
        return std::nullopt;
    switch (static_cast<std::int32_t>(*code)) {
    case NF_ACCEPT:
        return Verdict::Kind::accept;
    case NF_DROP:
        return Verdict::Kind::drop;
    case NFT_RETURN:
        return Verdict::Kind::returnBack;
    case NFT_JUMP:
        return Verdict::Kind::jump;
    case NFT_GOTO:
        return Verdict::Kind::goTo;
    default:
        return std::nullopt;
    }
}

} // namespace

std::optional<Verdict> verdictIn(Bytes data)
{
    const auto nest = tableOf<NFTA_DATA_MAX + 1>(data);
    if (!nest || !(*nest)[NFTA_DATA_VERDICT])
        return std::nullopt;
    const auto verdict = tableOf<NFTA_VERDICT_CHAIN + 1>(*(*nest)[NFTA_DATA_VERDICT]);
    if (!verdict)
        return std::nullopt;
    const auto kind = verdictKind(numberIn((*verdict)[NFTA_VERDICT_CODE]));
    const auto& chain = (*verdict)[NFTA_VERDICT_CHAIN];
    const bool needsChain = kind == Verdict::Kind::jump || kind == Verdict::Kind::goTo;
    if (!kind || needsChain != chain.has_value())
        return std::nullopt;
    return Verdict{.kind = *kind, .chain = chain ? std::string{textOf(*chain)} : std::string{}};
}

std::optional<Verdict> verdictOf(Bytes data)
{
    const auto table = tableOf<NFTA_IMMEDIATE_MAX + 1>(data);
    if (!table || !(*table)[NFTA_IMMEDIATE_DATA] ||
        numberIn((*table)[NFTA_IMMEDIATE_DREG]) != static_cast<std::uint32_t>(NFT_REG_VERDICT))
        return std::nullopt;
    return verdictIn(*(*table)[NFTA_IMMEDIATE_DATA]);
}

} // namespace fwdguard::nft
