// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/batch_buffer.hpp"

#include "nft/uapi.hpp"

#include <algorithm>
#include <cstring>

#include <libmnl/libmnl.h>

namespace fwdguard::nft {

namespace {

/// Above what the longest message needs. Four names and a dozen expressions take less than 3 KiB.
constexpr std::size_t messageRoom = 8192;

/// A buffer that grew beyond this is given back after use.
constexpr std::size_t keptSize = 1'048'576;

/// The two ends of a batch name the subsystem in the place of a resource.
void setSubsystem(const nlmsghdr* message)
{
    auto* generic = static_cast<nfgenmsg*>(mnl_nlmsg_get_payload(message));
    generic->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

} // namespace

void BatchBuffer::begin(std::optional<Generation> generation, std::uint32_t sequence)
{
    if (buffer_.size() > keptSize)
        buffer_ = {};
    used_ = 0;
    sequence_ = sequence;
    nlmsghdr* message = add(NFNL_MSG_BATCH_BEGIN, NFPROTO_UNSPEC, 0);
    setSubsystem(message);
    if (generation)
        mnl_attr_put_u32(message, NFNL_BATCH_GENID, htonl(generation->value));
    close(message);
}

void BatchBuffer::setGeneration(std::span<std::uint8_t> batch, Generation generation)
{
    // NFNL_BATCH_GENID, the first attribute of the first message.
    constexpr std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg)) + NLA_HDRLEN;
    const std::uint32_t network = htonl(generation.value);
    std::memcpy(batch.subspan(at, sizeof network).data(), &network, sizeof network);
}

nlmsghdr* BatchBuffer::open(int kind, std::uint8_t family, std::uint16_t flags)
{
    return add(static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | kind), family, flags);
}

void BatchBuffer::close(const nlmsghdr* message)
{
    used_ += MNL_ALIGN(message->nlmsg_len);
}

void BatchBuffer::end()
{
    const nlmsghdr* message = add(NFNL_MSG_BATCH_END, NFPROTO_UNSPEC, 0);
    setSubsystem(message);
    close(message);
}

nlmsghdr* BatchBuffer::add(std::uint16_t type, std::uint8_t family, std::uint16_t flags)
{
    if (buffer_.size() < used_ + messageRoom)
        buffer_.resize(std::max(buffer_.size() * 2, used_ + messageRoom));
    nlmsghdr* message = mnl_nlmsg_put_header(buffer_.data() + used_);
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message->nlmsg_seq = sequence_++;
    auto* generic = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    generic->nfgen_family = family;
    generic->version = NFNETLINK_V0;
    return message;
}

} // namespace fwdguard::nft
