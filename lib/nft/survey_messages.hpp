// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/survey.hpp"
#include "nft/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace fwdguard::nft {

/// What a dump says of one table.
struct TableListed {
    std::uint8_t family = 0; ///< NFPROTO_*
    std::uint16_t generationLow = 0;
    std::string name{};
    bool dormant = false; ///< its base chains see no packets
};

/// nullopt for every other message and for garbage.
[[nodiscard]] std::optional<TableListed> parseListedTable(const Message& message);

/// What a dump says of one chain.
struct ChainListed {
    std::uint8_t family = 0;
    std::uint16_t generationLow = 0;
    std::string table{};
    std::string name{};
    std::optional<BaseHook> base{}; ///< a filter chain at one of our hooks, or nat at prerouting
    std::uint32_t uses = 0;         ///< its rules, and the rules that jump to it
};

/// nullopt for every other message and for garbage.
[[nodiscard]] std::optional<ChainListed> parseListedChain(const Message& message);

} // namespace fwdguard::nft
