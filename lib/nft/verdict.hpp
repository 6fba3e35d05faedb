// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "nft/attributes.hpp"

#include <optional>

namespace fwdguard::nft {

/// The verdict in a data nest (enum nft_data_attributes); nullopt when it holds none that a
/// declared rule could give.
[[nodiscard]] std::optional<Verdict> verdictIn(Bytes data);

/// The verdict that an `immediate` expression gives; nullopt as above.
[[nodiscard]] std::optional<Verdict> verdictOf(Bytes data);

} // namespace fwdguard::nft
