// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/ruleset.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <poll.h>

#include <arpa/inet.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

namespace fwdguard::bench {

namespace {

constexpr std::size_t bufferSize = 16384;

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

struct FreeRule {
    void operator()(nftnl_rule* rule) const noexcept { nftnl_rule_free(rule); }
};
using Rule = std::unique_ptr<nftnl_rule, FreeRule>;

Rule ruleInForward()
{
    Rule rule{nftnl_rule_alloc()};
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, "filter");
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, "FORWARD");
    return rule;
}

nftnl_expr* addExpression(nftnl_rule* rule, const char* name)
{
    nftnl_expr* expression = nftnl_expr_alloc(name);
    nftnl_rule_add_expr(rule, expression); // the rule owns it from here on
    return expression;
}

void addInterface(nftnl_rule* rule, std::uint32_t key, std::uint32_t comparison)
{
    nftnl_expr* load = addExpression(rule, "meta");
    nftnl_expr_set_u32(load, NFTNL_EXPR_META_KEY, key);
    nftnl_expr_set_u32(load, NFTNL_EXPR_META_DREG, NFT_REG_1);
    std::array<char, IFNAMSIZ> name{"docker0"};
    nftnl_expr* compare = addExpression(rule, "cmp");
    nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_OP, comparison);
    nftnl_expr_set(compare, NFTNL_EXPR_CMP_DATA, name.data(), name.size());
}

/// Accepts between docker0 and elsewhere, one way or the other.
Rule dockerRule(std::uint32_t in, std::uint32_t out, std::string_view tag)
{
    Rule rule = ruleInForward();
    addInterface(rule.get(), NFT_META_IIFNAME, in);
    addInterface(rule.get(), NFT_META_OIFNAME, out);
    addExpression(rule.get(), "counter");
    nftnl_expr* verdict = addExpression(rule.get(), "immediate");
    nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
    nftnl_expr_set_u32(verdict, NFTNL_EXPR_IMM_VERDICT, NF_ACCEPT);
    // A comment as nft writes it: type 0, length with the terminator, text.
    std::string comment{"\0", 1};
    comment.push_back(static_cast<char>(tag.size() + 1));
    comment.append(tag).push_back('\0');
    nftnl_rule_set_data(
        rule.get(),
        NFTNL_RULE_USERDATA,
        comment.data(),
        static_cast<std::uint32_t>(comment.size()));
    return rule;
}

class BatchBuilder {
  public:
    BatchBuilder() { put(nftnl_batch_begin(at(), sequence_++)); }

    void add(std::uint16_t type, std::uint16_t flags, nftnl_rule* rule)
    {
        nlmsghdr* header = nftnl_nlmsg_build_hdr(at(), type, NFPROTO_IPV4, flags, sequence_++);
        nftnl_rule_nlmsg_build_payload(header, rule);
        put(header);
    }

    Batch finish()
    {
        put(nftnl_batch_end(at(), sequence_++));
        bytes_.resize(used_);
        return std::move(bytes_);
    }

  private:
    char* at() { return bytes_.data() + used_; }
    void put(const nlmsghdr* header) { used_ += NLMSG_ALIGN(header->nlmsg_len); }

    Batch bytes_ = Batch(bufferSize);
    std::size_t used_ = 0;
    std::uint32_t sequence_ = 1;
};

} // namespace

Batch flushBatch()
{
    BatchBuilder batch;
    batch.add(NFT_MSG_DELRULE, NLM_F_ACK, ruleInForward().get());
    return batch.finish();
}

Batch insertBatch()
{
    BatchBuilder batch;
    const Rule from = dockerRule(NFT_CMP_EQ, NFT_CMP_NEQ, "fwd-guard:from-docker0");
    const Rule to = dockerRule(NFT_CMP_NEQ, NFT_CMP_EQ, "fwd-guard:to-docker0");
    batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE, from.get());
    batch.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_ACK, to.get());
    return batch.finish();
}

Committer::Committer() : socket_(mnl_socket_open(NETLINK_NETFILTER))
{
    if (!socket_ || mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        fail("netlink socket");
}

std::uint32_t Committer::port() const
{
    return mnl_socket_get_portid(socket_.get());
}

void Committer::commit(const Batch& batch)
{
    if (mnl_socket_sendto(socket_.get(), batch.data(), batch.size()) < 0)
        fail("sending a batch");
    std::array<char, bufferSize> reply{};
    if (mnl_socket_recvfrom(socket_.get(), reply.data(), reply.size()) < 0)
        fail("reading an acknowledgement");
    const auto* header = reinterpret_cast<const nlmsghdr*>(reply.data());
    const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
    if (header->nlmsg_type != NLMSG_ERROR || error->error != 0)
        throw std::system_error(-error->error, std::generic_category(), "a batch was refused");
}

Listener::Listener() : socket_(mnl_socket_open(NETLINK_NETFILTER))
{
    // Half-word at offset 4 is nlmsg_type, in host byte order; the filter loads big-endian.
    const std::uint32_t newGeneration = htons((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN);
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, newGeneration, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog filter{.len = code.size(), .filter = code.data()};
    const int fd = socket_ ? mnl_socket_get_fd(socket_.get()) : -1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0 ||
        mnl_socket_bind(socket_.get(), 1U << (NFNLGRP_NFTABLES - 1), MNL_SOCKET_AUTOPID) < 0)
        fail("subscribing to nf_tables");
}

std::optional<std::uint32_t> Listener::next(std::chrono::milliseconds atMost)
{
    pollfd ready{.fd = mnl_socket_get_fd(socket_.get()), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(atMost.count())) <= 0)
        return std::nullopt;
    std::array<char, bufferSize> message{};
    if (mnl_socket_recvfrom(socket_.get(), message.data(), message.size()) < 0)
        fail("hearing of a transaction");
    return reinterpret_cast<const nlmsghdr*>(message.data())->nlmsg_pid;
}

} // namespace fwdguard::bench
