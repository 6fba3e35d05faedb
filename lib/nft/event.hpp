// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "nft/messages.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace fwdguard::nft {

/// Whether a message of NFNLGRP_NFTABLES can be about what chains hold: those of sets, objects and
/// flowtables are not, nor are announcements and other subsystems'.
[[nodiscard]] bool concernsChains(const Message& message);

/// What such a message is about: a chain with all that is in it, or a whole table. The views point
/// into the datagram.
struct Subject {
    std::uint8_t family = 0;
    std::string_view table{};
    std::string_view chain{}; ///< empty unless it is a rule

    [[nodiscard]] bool covers(const ChainId& other) const;
};

/// nullopt when it is malformed.
[[nodiscard]] std::optional<Subject> subjectOf(const Message& message);

} // namespace fwdguard::nft
