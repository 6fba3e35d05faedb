// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/fire/batches.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

namespace fwdguard::fire {

namespace {

/// More than any one message of ours takes.
constexpr std::size_t messageSize = 1024;

struct FreeRule {
    void operator()(nftnl_rule* rule) const noexcept { nftnl_rule_free(rule); }
};
using Rule = std::unique_ptr<nftnl_rule, FreeRule>;

Rule ruleIn(const std::string& chain)
{
    Rule rule{nftnl_rule_alloc()};
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, "filter");
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, chain.c_str());
    return rule;
}

Rule markRule(const std::string& chain, std::uint32_t mark)
{
    Rule rule = ruleIn(chain);
    nftnl_expr* load = nftnl_expr_alloc("meta");
    nftnl_expr_set_u32(load, NFTNL_EXPR_META_KEY, NFT_META_MARK);
    nftnl_expr_set_u32(load, NFTNL_EXPR_META_DREG, NFT_REG_1);
    nftnl_rule_add_expr(rule.get(), load); // the rule owns it from here on
    nftnl_expr* compare = nftnl_expr_alloc("cmp");
    nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
    nftnl_expr_set(compare, NFTNL_EXPR_CMP_DATA, &mark, sizeof mark);
    nftnl_rule_add_expr(rule.get(), compare);
    nftnl_rule_add_expr(rule.get(), nftnl_expr_alloc("counter"));
    return rule;
}

nlmsghdr* build(char* at, std::uint16_t type, int flags, std::uint32_t sequence, const Rule& rule)
{
    nlmsghdr* header =
        nftnl_nlmsg_build_hdr(at, type, NFPROTO_IPV4, static_cast<std::uint16_t>(flags), sequence);
    nftnl_rule_nlmsg_build_payload(header, rule.get());
    return header;
}

[[noreturn]] void fail(int error, const char* doing)
{
    throw std::system_error(error, std::generic_category(), doing);
}

std::uint64_t handleIn(const nlmsghdr* message)
{
    const Rule rule{nftnl_rule_alloc()};
    nftnl_rule_nlmsg_parse(message, rule.get());
    return nftnl_rule_get_u64(rule.get(), NFTNL_RULE_HANDLE);
}

} // namespace

Batch::Batch()
{
    put(nftnl_batch_begin(room(), sequence_++));
}

char* Batch::room()
{
    if (bytes_.size() < used_ + messageSize)
        bytes_.resize(2 * used_ + messageSize);
    return bytes_.data() + used_;
}

void Batch::put(const nlmsghdr* message)
{
    last_ = used_;
    used_ += NLMSG_ALIGN(message->nlmsg_len);
}

Batch& Batch::append(const std::string& chain, std::uint32_t firstMark, std::uint32_t count)
{
    constexpr int flags = NLM_F_CREATE | NLM_F_APPEND;
    for (std::uint32_t i = 0; i < count; ++i)
        put(build(room(), NFT_MSG_NEWRULE, flags, sequence_++, markRule(chain, firstMark + i)));
    return *this;
}

Batch& Batch::insert(const std::string& chain, std::uint32_t mark)
{
    constexpr int flags = NLM_F_CREATE | NLM_F_ECHO;
    put(build(room(), NFT_MSG_NEWRULE, flags, sequence_++, markRule(chain, mark)));
    return *this;
}

Batch& Batch::remove(const std::string& chain, std::uint64_t handle)
{
    const Rule rule = ruleIn(chain);
    nftnl_rule_set_u64(rule.get(), NFTNL_RULE_HANDLE, handle);
    put(build(room(), NFT_MSG_DELRULE, 0, sequence_++, rule));
    return *this;
}

Batch& Batch::flush(const std::string& chain)
{
    put(build(room(), NFT_MSG_DELRULE, 0, sequence_++, ruleIn(chain)));
    return *this;
}

Batch& Batch::finish()
{
    // One acknowledgement for all: that of the last change.
    reinterpret_cast<nlmsghdr*>(bytes_.data() + last_)->nlmsg_flags |= NLM_F_ACK;
    put(nftnl_batch_end(room(), sequence_++));
    bytes_.resize(used_);
    return *this;
}

std::string marksOf(const std::string& chain, std::uint32_t firstMark, std::uint32_t count)
{
    std::string text;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::array<char, 16> mark{};
        std::snprintf(mark.data(), mark.size(), "0x%x", firstMark + i);
        text += "-A " + chain + " -m mark --mark " + mark.data() + '\n';
    }
    return text;
}

Writer::Writer() : socket_(mnl_socket_open(NETLINK_NETFILTER))
{
    constexpr int largest = 16 * 1024 * 1024;
    if (!socket_ || mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(
            mnl_socket_get_fd(socket_.get()),
            SOL_SOCKET,
            SO_SNDBUFFORCE,
            &largest,
            sizeof largest) < 0)
        fail(errno, "opening a writer's socket");
}

std::optional<std::uint64_t> Writer::commit(const Batch& batch)
{
    if (mnl_socket_sendto(socket_.get(), batch.bytes().data(), batch.bytes().size()) < 0)
        fail(errno, "sending a batch");
    std::optional<std::uint64_t> handle;
    for (;;) {
        alignas(nlmsghdr) std::array<char, 16384> reply{};
        const ssize_t length = mnl_socket_recvfrom(socket_.get(), reply.data(), reply.size());
        if (length < 0)
            fail(errno, "reading an acknowledgement");
        const auto* message = reinterpret_cast<const nlmsghdr*>(reply.data());
        for (int rest = static_cast<int>(length); mnl_nlmsg_ok(message, rest);
             message = mnl_nlmsg_next(message, &rest)) {
            if (message->nlmsg_type != NLMSG_ERROR) {
                if (message->nlmsg_type == ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE))
                    handle = handleIn(message);
                continue;
            }
            const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
            if (error->error != 0)
                fail(-error->error, "a batch was refused");
            return handle;
        }
    }
}

} // namespace fwdguard::fire
