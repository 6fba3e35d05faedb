// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/rule_message.hpp"

#include "core/declared.hpp"
#include "nft/uapi.hpp"

namespace fwdguard::nft {

namespace {

std::optional<Bytes> find(Bytes nest, std::uint16_t type)
{
    AttributeReader attributes{nest};
    while (const auto attribute = attributes.next())
        if (attribute->type == type)
            return attribute->value;
    return std::nullopt;
}

/// The chain that an immediate expression's verdict names, or an empty view.
std::string_view chainOfVerdict(Bytes immediate)
{
    const auto data = find(immediate, NFTA_IMMEDIATE_DATA);
    const auto verdict = data ? find(*data, NFTA_DATA_VERDICT) : std::nullopt;
    const auto chain = verdict ? find(*verdict, NFTA_VERDICT_CHAIN) : std::nullopt;
    return chain ? textOf(*chain) : std::string_view{};
}

/// The text of iptables' `comment` match, or an empty view for any other match.
std::string_view commentOfMatch(Bytes match)
{
    const auto name = find(match, NFTA_MATCH_NAME);
    if (!name || textOf(*name) != "comment")
        return {};
    const auto info = find(match, NFTA_MATCH_INFO);
    return info ? textOf(*info) : std::string_view{};
}

/// Fills in what the expressions say; false when they are malformed.
bool readExpressions(RuleMessage& rule)
{
    AttributeReader elements{rule.expressions};
    while (const auto element = elements.next()) {
        const auto expression = parseExpression(*element);
        if (!expression)
            return false;
        if (rule.jumpsTo.empty() && expression->name == "immediate")
            rule.jumpsTo = chainOfVerdict(expression->data);
        else if (rule.ruleId.empty() && expression->name == "match")
            rule.ruleId = ruleIdOfComment(commentOfMatch(expression->data));
    }
    return elements.intact();
}

std::optional<RuleMessage> parse(const Message& message)
{
    const auto header = parseNfHeader(message);
    if (!header)
        return std::nullopt;

    RuleMessage rule{.family = header->family, .generationLow = header->generationLow};
    std::optional<std::uint64_t> handle;
    AttributeReader attributes{header->attributes};
    while (const auto attribute = attributes.next()) {
        switch (attribute->type) {
        case NFTA_RULE_TABLE:
            rule.table = textOf(attribute->value);
            break;
        case NFTA_RULE_CHAIN:
            rule.chain = textOf(attribute->value);
            break;
        case NFTA_RULE_HANDLE:
            handle = networkNumber<std::uint64_t>(attribute->value);
            break;
        case NFTA_RULE_EXPRESSIONS:
            rule.expressions = attribute->value;
            break;
        case NFTA_RULE_USERDATA:
            rule.ruleId = ruleIdOfComment(commentInUserData(attribute->value));
            break;
        default:
            break;
        }
    }
    if (!attributes.intact() || !handle || !readExpressions(rule))
        return std::nullopt;
    rule.handle.value = *handle;
    return rule;
}

} // namespace

std::optional<Expression> parseExpression(const Attribute& element)
{
    Expression expression;
    AttributeReader attributes{element.value};
    while (const auto attribute = attributes.next()) {
        if (attribute->type == NFTA_EXPR_NAME)
            expression.name = textOf(attribute->value);
        else if (attribute->type == NFTA_EXPR_DATA)
            expression.data = attribute->value;
    }
    if (element.type != NFTA_LIST_ELEM || !attributes.intact() || expression.name.empty())
        return std::nullopt;
    return expression;
}

std::string_view commentInUserData(Bytes userData)
{
    constexpr std::uint8_t commentType = 0;
    constexpr std::size_t headerSize = 2;
    while (userData.size() >= headerSize) {
        const std::size_t length = userData[1];
        if (length > userData.size() - headerSize)
            return {};
        if (userData[0] == commentType)
            return textOf(userData.subspan(headerSize, length));
        userData = userData.subspan(headerSize + length);
    }
    return {};
}

std::optional<RuleMessage> parseRule(const Message& message)
{
    return isNft(message, NFT_MSG_NEWRULE) ? parse(message) : std::nullopt;
}

std::optional<RuleMessage> parseDeletedRule(const Message& message)
{
    return isNft(message, NFT_MSG_DELRULE) ? parse(message) : std::nullopt;
}

} // namespace fwdguard::nft
