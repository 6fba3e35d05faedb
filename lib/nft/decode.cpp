// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/decode.hpp"

#include "nft/compat.hpp"
#include "nft/conditions.hpp"
#include "nft/state_bits.hpp"
#include "nft/state_set.hpp"
#include "nft/uapi.hpp"
#include "nft/verdict.hpp"

#include <algorithm>

namespace fwdguard::nft {

namespace {

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

bool isState(const Loaded& loaded)
{
    return loaded.source == Loaded::Source::ct && loaded.key == NFT_CT_STATE && !loaded.mask;
}

CtStates everyStateBut(CtStates states)
{
    CtStates rest = CtStates::none;
    for (const StateBits& each : stateBits)
        if (!contains(states, each.state))
            rest = rest | each.state;
    return rest;
}

/// nft's "ct status dnat": the bit, masked, is not zero.
bool asksForTranslation(const Loaded& loaded, Comparison comparison, Bytes value)
{
    if (loaded.source != Loaded::Source::ct || loaded.key != NFT_CT_STATUS || !loaded.mask)
        return false;
    const Bytes mask = Bytes{*loaded.mask}.first(sizeof(std::uint32_t));
    return hostNumber<std::uint32_t>(mask) == std::uint32_t{IPS_DST_NAT} &&
           comparison == Comparison::unequal && hostNumber<std::uint32_t>(value) == 0U;
}

/// Follows the expressions of one rule. Our match keys need one register at a time; a load that
/// nobody compares, a second one in flight or anything behind the verdict is not understood.
class RuleDecoder {
  public:
    explicit RuleDecoder(Family family) : conditions_{family} {}

    /// Understands more than a declared rule can say; `set` may be nullptr.
    RuleDecoder(Family family, const KnownSet* set)
        : conditions_{family}, observes_{true}, set_{set}
    {
    }

    void take(const Expression& expression)
    {
        understood_ = understood_ && !verdict_ && dispatch(expression);
    }

    [[nodiscard]] std::optional<Match> match() const
    {
        return understood_ && !pending_ ? conditions_.finish() : std::nullopt;
    }

    [[nodiscard]] bool translated() const { return translated_; }

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
    bool lookup(Bytes data);
    bool counter(Bytes data);
    bool immediate(Bytes data);
    bool load(std::optional<std::uint32_t> reg, const Loaded& loaded);
    [[nodiscard]] bool holds(std::optional<std::uint32_t> reg) const
    {
        return loaded_ && reg && *reg == register_;
    }

    Conditions conditions_;
    bool observes_ = false;
    const KnownSet* set_ = nullptr;
    bool translated_ = false;
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
    if (name == "lookup")
        return lookup(expression.data);
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
    if (!comparison || !value)
        return false;
    if (observes_ && asksForTranslation(*loaded_, *comparison, *value))
        return translated_ = true;
    return conditions_.compare(*loaded_, *comparison, *value);
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

/// Of a set it is known which connection states it holds.
bool RuleDecoder::lookup(Bytes data)
{
    const auto lookup = parseLookup(data);
    if (!lookup || set_ == nullptr || lookup->set != set_->name || !holds(lookup->source) ||
        !isState(*loaded_))
        return false;
    pending_ = false;
    return conditions_.ctState(lookup->inverted ? everyStateBut(set_->states) : set_->states);
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

std::optional<ObservedMatch>
observeConditions(std::span<const Expression> conditions, Family family, const KnownSet* set)
{
    RuleDecoder decoder{family, set};
    for (const Expression& condition : conditions)
        decoder.take(condition);
    auto match = decoder.match();
    if (!match)
        return std::nullopt;
    return ObservedMatch{.match = *std::move(match), .translated = decoder.translated()};
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
