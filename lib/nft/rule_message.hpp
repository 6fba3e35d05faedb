// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "nft/messages.hpp"

#include <optional>
#include <string_view>

namespace fwdguard::nft {

/// What a dump or an event says of one rule, as far as it is needed of rules that are not ours. All
/// views point into the datagram.
struct RuleMessage {
    std::uint8_t family = 0;
    std::uint16_t generationLow = 0;
    std::string_view table{};
    std::string_view chain{};
    Handle handle{};
    std::string_view jumpsTo{}; ///< chain of its jump or goto verdict, else empty
    std::string_view ruleId{};  ///< of our tag, in either encoding; else empty
    Bytes expressions{};        ///< the NFTA_RULE_EXPRESSIONS nest
};

/// nullopt when the message is not NFT_MSG_NEWRULE, or is malformed. Allocates nothing.
[[nodiscard]] std::optional<RuleMessage> parseRule(const Message& message);

/// The same for NFT_MSG_DELRULE, which says all of the rule as it was when it was deleted.
[[nodiscard]] std::optional<RuleMessage> parseDeletedRule(const Message& message);

/// One expression: its name, and the attributes that are its own.
struct Expression {
    std::string_view name{};
    Bytes data{};
};

/// Takes an element of an expressions nest apart; nullopt when it is malformed or has no name.
[[nodiscard]] std::optional<Expression> parseExpression(const Attribute& element);

/// The comment in a rule's user data (nft's type 0, libnftnl/udata.h), or an empty view.
[[nodiscard]] std::string_view commentInUserData(Bytes userData);

} // namespace fwdguard::nft
