// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/encode.hpp"

#include "core/declared.hpp"
#include "nft/attributes.hpp"
#include "nft/compat.hpp"
#include "nft/express.hpp"
#include "nft/messages.hpp"
#include "nft/state_bits.hpp"
#include "nft/uapi.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

namespace fwdguard::nft {

namespace {

/// All our conditions use one register, one after the other, as iptables and nft do.
constexpr std::uint32_t workRegister = NFT_REG_1;

template <class Number>
Bytes bytesOf(const Number& number)
{
    return {reinterpret_cast<const std::uint8_t*>(&number), sizeof number};
}

/// Appends expressions to one rule, which owns them.
class Expressions {
  public:
    explicit Expressions(nftnl_rule& rule) : rule_{rule} {}

    void loadMeta(std::uint32_t key)
    {
        nftnl_expr* expression = add("meta");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_META_KEY, key);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_META_DREG, workRegister);
    }

    void loadCt(std::uint32_t key)
    {
        nftnl_expr* expression = add("ct");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_CT_KEY, key);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_CT_DREG, workRegister);
    }

    void loadPayload(std::uint32_t base, std::uint32_t offset, std::uint32_t length)
    {
        nftnl_expr* expression = add("payload");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_BASE, base);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_LEN, length);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_PAYLOAD_DREG, workRegister);
    }

    void mask(Bytes mask) { maskAndFlip(mask, std::vector<std::uint8_t>(mask.size())); }

    /// Keeps the bits of `mask` and then inverts those of `flip`.
    void maskAndFlip(Bytes mask, Bytes flip)
    {
        const auto length = static_cast<std::uint32_t>(mask.size());
        nftnl_expr* expression = add("bitwise");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_BITWISE_SREG, workRegister);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_BITWISE_DREG, workRegister);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_BITWISE_LEN, length);
        nftnl_expr_set(expression, NFTNL_EXPR_BITWISE_MASK, mask.data(), length);
        nftnl_expr_set(expression, NFTNL_EXPR_BITWISE_XOR, flip.data(), length);
    }

    void compare(std::uint32_t operation, Bytes value)
    {
        nftnl_expr* expression = add("cmp");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_CMP_SREG, workRegister);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_CMP_OP, operation);
        nftnl_expr_set(
            expression,
            NFTNL_EXPR_CMP_DATA,
            value.data(),
            static_cast<std::uint32_t>(value.size()));
    }

    void compatMatch(const char* name, std::uint32_t revision, Bytes info)
    {
        nftnl_expr* expression = add("match");
        nftnl_expr_set_str(expression, NFTNL_EXPR_MT_NAME, name);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_MT_REV, revision);
        // Unlike all other data, libnftnl takes this as its own and gives it to free().
        std::unique_ptr<void, decltype(&std::free)> owned{std::malloc(info.size()), &std::free};
        if (!owned)
            throw std::bad_alloc{};
        std::memcpy(owned.get(), info.data(), info.size());
        const auto length = static_cast<std::uint32_t>(info.size());
        if (nftnl_expr_set(expression, NFTNL_EXPR_MT_INFO, owned.get(), length) == 0)
            static_cast<void>(owned.release());
    }

    void storeMeta(std::uint32_t key)
    {
        nftnl_expr* expression = add("meta");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_META_KEY, key);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_META_SREG, workRegister);
    }

    void loadValue(Bytes value)
    {
        nftnl_expr* expression = add("immediate");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_DREG, workRegister);
        nftnl_expr_set(
            expression,
            NFTNL_EXPR_IMM_DATA,
            value.data(),
            static_cast<std::uint32_t>(value.size()));
    }

    void counter(Counters counters)
    {
        nftnl_expr* expression = add("counter");
        nftnl_expr_set_u64(expression, NFTNL_EXPR_CTR_PACKETS, counters.packets);
        nftnl_expr_set_u64(expression, NFTNL_EXPR_CTR_BYTES, counters.bytes);
    }

    void verdict(std::int32_t code, const std::string& chain)
    {
        nftnl_expr* expression = add("immediate");
        nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
        nftnl_expr_set_u32(expression, NFTNL_EXPR_IMM_VERDICT, static_cast<std::uint32_t>(code));
        if (!chain.empty())
            nftnl_expr_set_str(expression, NFTNL_EXPR_IMM_CHAIN, chain.c_str());
    }

  private:
    nftnl_expr* add(const char* name)
    {
        nftnl_expr* expression = nftnl_expr_alloc(name);
        if (expression == nullptr)
            throw std::bad_alloc{};
        nftnl_rule_add_expr(&rule_, expression);
        return expression;
    }

    nftnl_rule& rule_;
};

std::uint32_t equality(bool negated)
{
    return negated ? NFT_CMP_NEQ : NFT_CMP_EQ;
}

void addInterface(
    Expressions& expressions, std::uint32_t key, const std::optional<InterfaceMatch>& match)
{
    if (!match)
        return;
    // A comparison without the closing NUL is a prefix, to the kernel, iptables and nft alike.
    const std::size_t length = match->name.size() + (match->prefix ? 0 : 1);
    expressions.loadMeta(key);
    expressions.compare(
        equality(match->negated),
        {reinterpret_cast<const std::uint8_t*>(match->name.c_str()), length});
}

void addAddress(Expressions& expressions, const std::optional<AddressMatch>& match, bool source)
{
    if (!match)
        return;
    const bool v4 = match->version == AddressMatch::Version::v4;
    const std::uint32_t full = v4 ? 4 : 16;
    const std::uint32_t first = v4 ? 12 : 8;
    const std::uint32_t offset = source ? first : first + full;
    const std::uint32_t wholeBytes = match->prefixLength / 8;
    const bool onByte = match->prefixLength % 8 == 0;
    const std::uint32_t length = onByte ? wholeBytes : full;

    expressions.loadPayload(NFT_PAYLOAD_NETWORK_HEADER, offset, length);
    if (!onByte) {
        std::vector<std::uint8_t> mask(full);
        for (std::uint32_t i = 0; i < wholeBytes; ++i)
            mask[i] = 0xff;
        mask[wholeBytes] = static_cast<std::uint8_t>(0xff00 >> (match->prefixLength % 8));
        expressions.mask(mask);
    }
    expressions.compare(equality(match->negated), Bytes{match->address}.first(length));
}

/// In the families that see both IP versions, the payload means something only behind this.
void addNetworkProtocol(Expressions& expressions, Family family, const Match& match)
{
    const auto& address = match.source ? match.source : match.destination;
    if (!address)
        return;
    const bool v4 = address->version == AddressMatch::Version::v4;
    if (family == Family::inet) {
        const std::uint8_t protocol = v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
        expressions.loadMeta(NFT_META_NFPROTO);
        expressions.compare(NFT_CMP_EQ, bytesOf(protocol));
    } else if (family == Family::bridge) {
        const std::uint16_t protocol = htons(v4 ? ETH_P_IP : ETH_P_IPV6);
        expressions.loadMeta(NFT_META_PROTOCOL);
        expressions.compare(NFT_CMP_EQ, bytesOf(protocol));
    }
}

void addPorts(Expressions& expressions, std::uint32_t offset, const std::optional<PortRange>& ports)
{
    if (!ports)
        return;
    const std::uint16_t first = htons(ports->first);
    const std::uint16_t last = htons(ports->last);
    expressions.loadPayload(NFT_PAYLOAD_TRANSPORT_HEADER, offset, sizeof first);
    if (first == last) {
        expressions.compare(NFT_CMP_EQ, bytesOf(first));
        return;
    }
    expressions.compare(NFT_CMP_GTE, bytesOf(first));
    expressions.compare(NFT_CMP_LTE, bytesOf(last));
}

void addTransport(Expressions& expressions, const Match& match)
{
    if (!match.protocol)
        return;
    expressions.loadMeta(NFT_META_L4PROTO);
    expressions.compare(NFT_CMP_EQ, bytesOf(*match.protocol));
    addPorts(expressions, 0, match.sourcePort);
    addPorts(expressions, 2, match.destinationPort);
}

void addMark(Expressions& expressions, const std::optional<MarkMatch>& match)
{
    if (!match)
        return;
    expressions.loadMeta(NFT_META_MARK);
    if (match->mask != 0xffffffff)
        expressions.mask(bytesOf(match->mask));
    expressions.compare(equality(match->negated), bytesOf(match->value));
}

void addCtState(Expressions& expressions, CtStates states, bool forIptables)
{
    if (states == CtStates::none)
        return;
    if (forIptables) {
        // iptables cannot read a native ct expression and then refuses the whole chain.
        expressions.compatMatch("conntrack", conntrackRevision, conntrackInfo(states));
        return;
    }
    constexpr std::uint32_t none = 0;
    expressions.loadCt(NFT_CT_STATE);
    expressions.mask(bytesOf(bitsOfStates(states, &StateBits::native)));
    expressions.compare(NFT_CMP_NEQ, bytesOf(none));
}

std::int32_t verdictCode(Verdict::Kind kind)
{
    switch (kind) {
    case Verdict::Kind::accept:
        return NF_ACCEPT;
    case Verdict::Kind::drop:
        return NF_DROP;
    case Verdict::Kind::returnBack:
        return NFT_RETURN;
    case Verdict::Kind::jump:
        return NFT_JUMP;
    case Verdict::Kind::goTo:
        return NFT_GOTO;
    }
    return NFT_CONTINUE;
}

/// nft's user data: type 0 is the comment, with its NUL.
std::vector<std::uint8_t> commentUserData(const std::string& comment)
{
    std::vector<std::uint8_t> data{0, static_cast<std::uint8_t>(comment.size() + 1)};
    data.insert(data.end(), comment.begin(), comment.end());
    data.push_back(0);
    return data;
}

RulePointer emptyRule(const ChainId& chain, const std::string& comment)
{
    RulePointer rule{nftnl_rule_alloc()};
    if (!rule)
        throw std::bad_alloc{};
    nftnl_rule_set_u32(rule.get(), NFTNL_RULE_FAMILY, protocolFamily(chain.family));
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, chain.table.c_str());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, chain.chain.c_str());
    const auto data = commentUserData(comment);
    nftnl_rule_set_data(
        rule.get(), NFTNL_RULE_USERDATA, data.data(), static_cast<std::uint32_t>(data.size()));
    return rule;
}

void addMatch(Expressions& expressions, const Match& match, const ChainId& chain)
{
    addInterface(expressions, NFT_META_IIFNAME, match.inInterface);
    addInterface(expressions, NFT_META_OIFNAME, match.outInterface);
    addNetworkProtocol(expressions, chain.family, match);
    addAddress(expressions, match.source, true);
    addAddress(expressions, match.destination, false);
    addTransport(expressions, match);
    addMark(expressions, match.mark);
    addCtState(expressions, match.ctState, isIptablesTable(chain));
}

} // namespace

void RuleDeleter::operator()(nftnl_rule* rule) const noexcept
{
    nftnl_rule_free(rule);
}

RulePointer encode(const DeclaredRule& rule)
{
    RulePointer encoded = emptyRule(rule.chain, std::string{tagPrefix} + rule.key.id);
    Expressions expressions{*encoded};
    addMatch(expressions, rule.body.match, rule.chain);
    expressions.counter({});
    expressions.verdict(verdictCode(rule.body.verdict.kind), rule.body.verdict.chain);
    return encoded;
}

RulePointer encode(const MarkRule& rule, const ChainId& chain)
{
    RulePointer encoded = emptyRule(chain, rule.comment);
    Expressions expressions{*encoded};
    addMatch(expressions, rule.match, chain);
    expressions.counter({});
    if (const std::uint32_t kept = ~rule.mask; kept == 0) {
        expressions.loadValue(bytesOf(rule.value));
    } else {
        expressions.loadMeta(NFT_META_MARK);
        expressions.maskAndFlip(bytesOf(kept), bytesOf(rule.value));
    }
    expressions.storeMeta(NFT_META_MARK);
    return encoded;
}

} // namespace fwdguard::nft
