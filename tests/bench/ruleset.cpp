// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/ruleset.hpp"

#include "bench/sockets.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>

namespace fwdguard::bench {

namespace {

/// More than any message here takes: libnftnl does not look where a buffer ends.
constexpr std::size_t messageRoom = 4096;

struct FreeRule {
    void operator()(nftnl_rule* rule) const noexcept { nftnl_rule_free(rule); }
};
using Rule = std::unique_ptr<nftnl_rule, FreeRule>;

Rule ruleIn(const Chain& chain)
{
    Rule rule{nftnl_rule_alloc()};
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, chain.table.c_str());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, chain.name.c_str());
    return rule;
}

nftnl_expr* addExpression(nftnl_rule* rule, const char* name)
{
    nftnl_expr* expression = nftnl_expr_alloc(name);
    nftnl_rule_add_expr(rule, expression); // the rule owns it from here on
    return expression;
}

void addComparison(
    nftnl_rule* rule, std::uint32_t comparison, const void* data, std::uint32_t length)
{
    nftnl_expr* compare = addExpression(rule, "cmp");
    nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_OP, comparison);
    nftnl_expr_set(compare, NFTNL_EXPR_CMP_DATA, data, length);
}

void addInterface(nftnl_rule* rule, std::uint32_t key, std::uint32_t comparison)
{
    nftnl_expr* load = addExpression(rule, "meta");
    nftnl_expr_set_u32(load, NFTNL_EXPR_META_KEY, key);
    nftnl_expr_set_u32(load, NFTNL_EXPR_META_DREG, NFT_REG_1);
    const std::array<char, IFNAMSIZ> name{"docker0"};
    addComparison(rule, comparison, name.data(), name.size());
}

std::uint32_t addressOf(std::size_t rule)
{
    return 0x0a000000U + static_cast<std::uint32_t>(rule);
}

void addSource(nftnl_rule* rule, std::size_t number)
{
    constexpr std::uint32_t sourceAt = 12;
    const std::uint32_t address = htonl(addressOf(number));
    nftnl_expr* load = addExpression(rule, "payload");
    nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
    nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_OFFSET, sourceAt);
    nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_LEN, sizeof address);
    nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
    addComparison(rule, NFT_CMP_EQ, &address, sizeof address);
}

void addAccept(nftnl_rule* rule)
{
    addExpression(rule, "counter");
    nftnl_expr* verdict = addExpression(rule, "immediate");
    nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
}

/// A comment as nft writes it: type 0, length with the terminator, text.
void addTag(nftnl_rule* rule, std::string_view id)
{
    const std::string tag = "fwd-guard:" + std::string(id);
    std::string comment{"\0", 1};
    comment.push_back(static_cast<char>(tag.size() + 1));
    comment.append(tag).push_back('\0');
    nftnl_rule_set_data(
        rule, NFTNL_RULE_USERDATA, comment.data(), static_cast<std::uint32_t>(comment.size()));
}

/// Accepts between docker0 and elsewhere, one way or the other.
Rule dockerRule(std::uint32_t in, std::uint32_t out, std::string_view id)
{
    Rule rule = ruleIn(forward);
    addInterface(rule.get(), NFT_META_IIFNAME, in);
    addInterface(rule.get(), NFT_META_OIFNAME, out);
    addAccept(rule.get());
    addTag(rule.get(), id);
    return rule;
}

std::string idOf(std::size_t rule)
{
    return "r" + std::to_string(rule);
}

class BatchBuilder {
  public:
    BatchBuilder() { put(nftnl_batch_begin(at(), sequence_++)); }

    void add(std::uint16_t type, std::uint16_t flags, nftnl_rule* rule)
    {
        nlmsghdr* header = nftnl_nlmsg_build_hdr(at(), type, NFPROTO_IPV4, flags, sequence_++);
        nftnl_rule_nlmsg_build_payload(header, rule);
        lastRule_ = used_;
        put(header);
    }

    Batch finish()
    {
        reinterpret_cast<nlmsghdr*>(bytes_.data() + lastRule_)->nlmsg_flags |= NLM_F_ACK;
        put(nftnl_batch_end(at(), sequence_++));
        bytes_.resize(used_);
        return std::move(bytes_);
    }

  private:
    char* at()
    {
        if (bytes_.size() < used_ + messageRoom)
            bytes_.resize(2 * bytes_.size() + messageRoom);
        return bytes_.data() + used_;
    }
    void put(const nlmsghdr* header) { used_ += NLMSG_ALIGN(header->nlmsg_len); }

    Batch bytes_{};
    std::size_t used_ = 0;
    std::size_t lastRule_ = 0;
    std::uint32_t sequence_ = 1;
};

} // namespace

Batch flushBatch(const Chain& chain)
{
    BatchBuilder batch;
    batch.add(NFT_MSG_DELRULE, 0, ruleIn(chain).get());
    return batch.finish();
}

Batch insertBatch()
{
    BatchBuilder batch;
    const Rule from = dockerRule(NFT_CMP_EQ, NFT_CMP_NEQ, "from-docker0");
    const Rule to = dockerRule(NFT_CMP_NEQ, NFT_CMP_EQ, "to-docker0");
    batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE, from.get());
    batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE, to.get());
    return batch.finish();
}

Batch insertManyBatch(std::size_t rules)
{
    BatchBuilder batch;
    for (std::size_t i = rules; i-- > 0;) {
        const Rule rule = ruleIn(forward);
        addSource(rule.get(), i);
        addAccept(rule.get());
        addTag(rule.get(), idOf(i));
        batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE, rule.get());
    }
    return batch.finish();
}

Batch foreignBatch(const Chain& chain, std::size_t rules)
{
    BatchBuilder batch;
    for (std::size_t i = 0; i < rules; ++i) {
        const Rule rule = ruleIn(chain);
        addSource(rule.get(), i);
        addExpression(rule.get(), "counter");
        batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, rule.get());
    }
    return batch.finish();
}

Batch deletionBatch(const std::vector<std::uint64_t>& handles)
{
    BatchBuilder batch;
    for (const std::uint64_t handle : handles) {
        const Rule rule = ruleIn(forward);
        nftnl_rule_set_u64(rule.get(), NFTNL_RULE_HANDLE, handle);
        batch.add(NFT_MSG_DELRULE, 0, rule.get());
    }
    return batch.finish();
}

void loadForeign(const Chain& chain, std::size_t rules)
{
    constexpr std::size_t most = 10'000;
    Committer committer;
    for (std::size_t left = rules; left > 0; left -= std::min(left, most))
        committer.commit(foreignBatch(chain, std::min(left, most)));
}

std::string manyRules(std::size_t rules)
{
    std::string text = R"({"pacing":{"burst":1000000,"window":"1s","max_delay":"10ms"},"rules":[)";
    for (std::size_t i = 0; i < rules; ++i) {
        const std::uint32_t address = addressOf(i);
        text += i == 0 ? "\n" : ",\n";
        text += R"({"id":")" + idOf(i) +
                R"(","family":"ip","table":"filter","chain":"FORWARD","verdict":"accept",)" +
                R"("match":{"source":")";
        for (const unsigned shift : {24U, 16U, 8U, 0U})
            text += std::to_string((address >> shift) & 0xffU) + (shift == 0 ? "" : ".");
        text += R"("}})";
    }
    return text + "]}\n";
}

} // namespace fwdguard::bench
