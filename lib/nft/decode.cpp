// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/decode.hpp"

#include "nft/compat.hpp"
#include "nft/conditions.hpp"
#include "nft/uapi.hpp"

#include <algorithm>

namespace fwdguard::nft {

namespace {

std::optional<std::uint32_t> numberIn(const std::optional<Bytes>& attribute)
{
    return attribute ? networkNumber<std::uint32_t>(*attribute) : std::nullopt;
}

/// The plain bytes in a data nest (enum nft_data_attributes).
std::optional<Bytes> valueIn(const std::optional<Bytes>& nest)
{
    const auto table = nest ? tableOf<NFTA_DATA_MAX + 1>(*nest) : std::nullopt;
    return table && !(*table)[NFTA_DATA_VERDICT] ? (*table)[NFTA_DATA_VALUE] : std::nullopt;
}

std::optional<Comparison> comparisonOf(std::optional<std::uint32_t> number)
{
    if (!number)
        return std::nullopt;
    switch (*number) {
    case NFT_CMP_EQ:
        return Comparison::equal;
    case NFT_CMP_NEQ:
        return Comparison::unequal;
    case NFT_CMP_LT:
        return Comparison::less;
    case NFT_CMP_LTE:
        return Comparison::lessEqual;
    case NFT_CMP_GT:
        return Comparison::greater;
    case NFT_CMP_GTE:
        return Comparison::greaterEqual;
    default:
        return std::nullopt;
    }
}

std::optional<Loaded::Source> headerOf(std::optional<std::uint32_t> base)
{
    if (base == static_cast<std::uint32_t>(NFT_PAYLOAD_LL_HEADER))
        return Loaded::Source::linkHeader;
    if (base == static_cast<std::uint32_t>(NFT_PAYLOAD_NETWORK_HEADER))
        return Loaded::Source::networkHeader;
    if (base == static_cast<std::uint32_t>(NFT_PAYLOAD_TRANSPORT_HEADER))
        return Loaded::Source::transportHeader;
    return std::nullopt;
}

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

/// What a `counter` expression has counted.
std::optional<Counters> countedBy(Bytes data)
{
    const auto table = tableOf<NFTA_COUNTER_MAX + 1>(data);
    if (!table)
        return std::nullopt;
    const auto& packets = (*table)[NFTA_COUNTER_PACKETS];
    const auto& bytes = (*table)[NFTA_COUNTER_BYTES];
    const auto packetCount = packets ? networkNumber<std::uint64_t>(*packets) : std::nullopt;
    const auto byteCount = bytes ? networkNumber<std::uint64_t>(*bytes) : std::nullopt;
    if (!packetCount || !byteCount)
        return std::nullopt;
    return Counters{.packets = *packetCount, .bytes = *byteCount};
}

/// Follows the expressions of one rule. Our match keys need one register at a time; a load that
/// nobody compares, a second one in flight or anything behind the verdict is not understood.
class RuleDecoder {
  public:
    explicit RuleDecoder(Family family) : conditions_{family} {}

    void take(const Expression& expression)
    {
        understood_ = understood_ && !verdict_ && dispatch(expression);
    }

    [[nodiscard]] std::optional<Match> match() const
    {
        return understood_ && !pending_ ? conditions_.finish() : std::nullopt;
    }

    [[nodiscard]] DecodedRule result() const
    {
        DecodedRule rule{.body = std::nullopt, .counters = counters_.value_or(Counters{})};
        const auto match = this->match();
        if (verdict_ && match)
            rule.body = RuleBody{.match = *match, .verdict = *verdict_};
        return rule;
    }

  private:
    bool dispatch(const Expression& expression);
    bool meta(Bytes data);
    bool ct(Bytes data);
    bool payload(Bytes data);
    bool bitwise(Bytes data);
    bool compare(Bytes data);
    bool range(Bytes data);
    bool counter(Bytes data);
    bool immediate(Bytes data);
    bool load(std::optional<std::uint32_t> reg, const Loaded& loaded);
    [[nodiscard]] bool holds(std::optional<std::uint32_t> reg) const
    {
        return loaded_ && reg && *reg == register_;
    }

    Conditions conditions_;
    std::optional<Loaded> loaded_;
    std::uint32_t register_ = 0;
    bool pending_ = false; ///< loaded, and not compared yet
    std::optional<Counters> counters_;
    std::optional<Verdict> verdict_;
    bool understood_ = true;
};

bool RuleDecoder::dispatch(const Expression& expression)
{
    const std::string_view name = expression.name;
    if (name == "meta")
        return meta(expression.data);
    if (name == "payload")
        return payload(expression.data);
    if (name == "cmp")
        return compare(expression.data);
    if (name == "bitwise")
        return bitwise(expression.data);
    if (name == "range")
        return range(expression.data);
    if (name == "ct")
        return ct(expression.data);
    if (name == "match")
        return readCompatMatch(conditions_, expression.data);
    if (name == "counter")
        return counter(expression.data);
    return name == "immediate" && immediate(expression.data);
}

bool RuleDecoder::load(std::optional<std::uint32_t> reg, const Loaded& loaded)
{
    if (!reg || pending_)
        return false;
    register_ = *reg;
    loaded_ = loaded;
    pending_ = true;
    return true;
}

bool RuleDecoder::meta(Bytes data)
{
    const auto table = tableOf<NFTA_META_SREG + 1>(data);
    if (!table || (*table)[NFTA_META_SREG])
        return false;
    const auto key = numberIn((*table)[NFTA_META_KEY]);
    return key &&
           load(numberIn((*table)[NFTA_META_DREG]), {.source = Loaded::Source::meta, .key = *key});
}

bool RuleDecoder::ct(Bytes data)
{
    const auto table = tableOf<NFTA_CT_SREG + 1>(data);
    if (!table || (*table)[NFTA_CT_SREG] || (*table)[NFTA_CT_DIRECTION])
        return false;
    const auto key = numberIn((*table)[NFTA_CT_KEY]);
    return key &&
           load(numberIn((*table)[NFTA_CT_DREG]), {.source = Loaded::Source::ct, .key = *key});
}

bool RuleDecoder::payload(Bytes data)
{
    // Attributes behind the length belong to writing into the packet.
    const auto table = tableOf<NFTA_PAYLOAD_LEN + 1>(data);
    if (!table)
        return false;
    const auto source = headerOf(numberIn((*table)[NFTA_PAYLOAD_BASE]));
    const auto offset = numberIn((*table)[NFTA_PAYLOAD_OFFSET]);
    const auto length = numberIn((*table)[NFTA_PAYLOAD_LEN]);
    return source && offset && length &&
           load(
               numberIn((*table)[NFTA_PAYLOAD_DREG]),
               {.source = *source, .offset = *offset, .length = *length});
}

bool RuleDecoder::bitwise(Bytes data)
{
    const auto table = tableOf<NFTA_BITWISE_DATA + 1>(data);
    if (!table || !pending_ || loaded_->mask)
        return false;
    const auto& operation = (*table)[NFTA_BITWISE_OP]; // absent before Linux 5.6
    if (operation && numberIn(operation) != static_cast<std::uint32_t>(NFT_BITWISE_BOOL))
        return false;

    const auto length = numberIn((*table)[NFTA_BITWISE_LEN]);
    const auto mask = valueIn((*table)[NFTA_BITWISE_MASK]);
    const auto inverted = valueIn((*table)[NFTA_BITWISE_XOR]);
    // Meta and ct keys that we mask are four bytes wide.
    const std::uint32_t width = loaded_->length == 0 ? 4 : loaded_->length;
    if ((*table)[NFTA_BITWISE_DATA] || !holds(numberIn((*table)[NFTA_BITWISE_SREG])) ||
        !holds(numberIn((*table)[NFTA_BITWISE_DREG])) || length != width || !mask || !inverted ||
        mask->size() != width || inverted->size() != width || width > Loaded::maxLength ||
        std::ranges::any_of(*inverted, [](std::uint8_t byte) { return byte != 0; }))
        return false;
    loaded_->mask.emplace();
    std::ranges::copy(*mask, loaded_->mask->begin());
    return true;
}

bool RuleDecoder::compare(Bytes data)
{
    const auto table = tableOf<NFTA_CMP_MAX + 1>(data);
    if (!table || !holds(numberIn((*table)[NFTA_CMP_SREG])))
        return false;
    const auto comparison = comparisonOf(numberIn((*table)[NFTA_CMP_OP]));
    const auto value = valueIn((*table)[NFTA_CMP_DATA]);
    pending_ = false;
    return comparison && value && conditions_.compare(*loaded_, *comparison, *value);
}

bool RuleDecoder::range(Bytes data)
{
    const auto table = tableOf<NFTA_RANGE_MAX + 1>(data);
    if (!table || !holds(numberIn((*table)[NFTA_RANGE_SREG])))
        return false;
    const auto first = valueIn((*table)[NFTA_RANGE_FROM_DATA]);
    const auto last = valueIn((*table)[NFTA_RANGE_TO_DATA]);
    pending_ = false;
    return numberIn((*table)[NFTA_RANGE_OP]) == static_cast<std::uint32_t>(NFT_RANGE_EQ) && first &&
           last && conditions_.inRange(*loaded_, *first, *last);
}

bool RuleDecoder::counter(Bytes data)
{
    const bool first = !counters_;
    counters_ = first ? countedBy(data) : counters_;
    return first && counters_;
}

bool RuleDecoder::immediate(Bytes data)
{
    verdict_ = verdictOf(data);
    return verdict_.has_value();
}

} // namespace

std::optional<Verdict> verdictOf(Bytes data)
{
    const auto table = tableOf<NFTA_IMMEDIATE_MAX + 1>(data);
    if (!table || !(*table)[NFTA_IMMEDIATE_DATA] ||
        numberIn((*table)[NFTA_IMMEDIATE_DREG]) != static_cast<std::uint32_t>(NFT_REG_VERDICT))
        return std::nullopt;
    const auto nest = tableOf<NFTA_DATA_MAX + 1>(*(*table)[NFTA_IMMEDIATE_DATA]);
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

Counters countersOf(Bytes expressions)
{
    AttributeReader elements{expressions};
    while (const auto element = elements.next()) {
        const auto expression = parseExpression(*element);
        if (expression && expression->name == "counter")
            return countedBy(expression->data).value_or(Counters{});
    }
    return {};
}

std::optional<Match> decodeConditions(std::span<const Expression> conditions, Family family)
{
    RuleDecoder decoder{family};
    for (const Expression& condition : conditions)
        decoder.take(condition);
    return decoder.match();
}

DecodedRule decode(Bytes expressions, Family family)
{
    RuleDecoder decoder{family};
    AttributeReader elements{expressions};
    while (const auto element = elements.next()) {
        const auto expression = parseExpression(*element);
        if (!expression)
            return {};
        decoder.take(*expression);
    }
    return elements.intact() ? decoder.result() : DecodedRule{};
}

} // namespace fwdguard::nft
