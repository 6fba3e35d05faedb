// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/rule_cache.hpp"

#include "nft/encode.hpp"
#include "nft/uapi.hpp"

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>

namespace fwdguard::nft {

namespace {

/// More than the longest rule takes: libnftnl does not look where the buffer ends.
constexpr std::size_t roomForRule = 8192;

/// Rules that configurations of the past declared are forgotten at some time.
constexpr std::size_t mostRules = 4096;

std::vector<std::uint8_t> attributesOf(const DeclaredRule& declared)
{
    const RulePointer rule = encode(declared);
    std::array<std::uint8_t, roomForRule> buffer{};
    nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
    nftnl_rule_nlmsg_build_payload(message, rule.get());
    return {buffer.data() + MNL_NLMSG_HDRLEN, buffer.data() + message->nlmsg_len};
}

/// The first attribute of `type` in a nest; empty when there is none.
Bytes find(Bytes nest, std::uint16_t type)
{
    AttributeReader attributes{nest};
    while (const auto attribute = attributes.next())
        if (attribute->type == type)
            return attribute->value;
    return {};
}

/// The NFTA_EXPR_DATA of the counter among a rule's attributes.
Bytes counterOf(Bytes attributes)
{
    AttributeReader expressions{find(attributes, NFTA_RULE_EXPRESSIONS)};
    while (const auto expression = expressions.next())
        if (textOf(find(expression->value, NFTA_EXPR_NAME)) == "counter")
            return find(expression->value, NFTA_EXPR_DATA);
    return {};
}

void put(std::uint8_t* at, std::uint64_t number)
{
    const std::uint64_t network = htobe64(number);
    std::memcpy(at, &network, sizeof network);
}

} // namespace

void putCounters(std::uint8_t* buffer, const CounterPlace& place, const Counters& counters)
{
    put(buffer + place.packets, counters.packets);
    put(buffer + place.bytes, counters.bytes);
}

EncodedRule::EncodedRule(std::shared_ptr<const DeclaredRule> rule)
    : rule_{std::move(rule)}, attributes_{attributesOf(*rule_)}
{
    const Bytes counter = counterOf(attributes_);
    const Bytes packets = find(counter, NFTA_COUNTER_PACKETS);
    const Bytes bytes = find(counter, NFTA_COUNTER_BYTES);
    if (packets.size() != sizeof(std::uint64_t) || bytes.size() != sizeof(std::uint64_t))
        throw std::logic_error("an encoded rule has no counter");
    counters_ = {
        .packets = static_cast<std::size_t>(packets.data() - attributes_.data()),
        .bytes = static_cast<std::size_t>(bytes.data() - attributes_.data())};
}

EncodedRule& RuleCache::ruleOf(const std::shared_ptr<const DeclaredRule>& rule)
{
    if (rules_.size() > mostRules)
        rules_.clear();
    const auto known = rules_.find(rule->key);
    if (known != rules_.end() && known->second.isOf(rule))
        return known->second;
    return rules_.insert_or_assign(rule->key, EncodedRule{rule}).first->second;
}

} // namespace fwdguard::nft
