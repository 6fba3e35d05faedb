// SPDX-License-Identifier: GPL-2.0-or-later
#include "receive.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

namespace fwdguard::faults {

namespace {

std::map<int, std::vector<unsigned char>>& refusals()
{
    static auto* const all = new std::map<int, std::vector<unsigned char>>;
    return *all;
}

std::vector<nlmsghdr> headersOf(std::span<const unsigned char> datagram)
{
    std::vector<nlmsghdr> headers;
    while (datagram.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header{};
        std::memcpy(&header, datagram.data(), sizeof header);
        headers.push_back(header);
        datagram =
            datagram.subspan(std::min<std::size_t>(datagram.size(), NLMSG_ALIGN(header.nlmsg_len)));
    }
    return headers;
}

/// As nfnetlink answers: a batch that is out of date at its beginning, another one at the first
/// message that is refused, and what is no batch message by message.
std::vector<nlmsghdr> refusedOf(const std::vector<nlmsghdr>& headers, int number)
{
    if (headers.empty() || headers.front().nlmsg_type != NFNL_MSG_BATCH_BEGIN)
        return headers;
    return {number == ERESTART || headers.size() < 2 ? headers[0] : headers[1]};
}

} // namespace

void damage(Arrived& message, Effect effect)
{
    constexpr std::size_t lastBytes = 3;
    switch (effect) {
    case Effect::truncated:
        message.size /= 2;
        message.flags |= MSG_TRUNC;
        break;
    case Effect::cut:
        message.size -= std::min(message.size, lastBytes);
        break;
    case Effect::empty:
        message.size = 0;
        break;
    case Effect::stranger:
        if (message.sender != nullptr && message.sender->sa_family == AF_NETLINK)
            reinterpret_cast<sockaddr_nl*>(message.sender)->nl_pid = 4242;
        break;
    default:
        break;
    }
}

void refuse(int fd, std::span<const unsigned char> datagram, int number)
{
    std::vector<unsigned char>& bytes = refusals()[fd];
    bytes.clear();
    for (const nlmsghdr& refused : refusedOf(headersOf(datagram), number)) {
        struct {
            nlmsghdr header;
            nlmsgerr error;
        } message{};
        message.header.nlmsg_len = sizeof message;
        message.header.nlmsg_type = NLMSG_ERROR;
        message.header.nlmsg_seq = refused.nlmsg_seq;
        message.error.error = -number;
        message.error.msg = refused;
        const auto* const first = reinterpret_cast<const unsigned char*>(&message);
        bytes.insert(bytes.end(), first, first + sizeof message);
    }
}

std::size_t takeRefusals(int fd, std::span<unsigned char> buffer)
{
    const auto found = refusals().find(fd);
    if (found == refusals().end())
        return 0;
    const std::vector<unsigned char> bytes = found->second;
    refusals().erase(found);
    const std::size_t size = std::min(bytes.size(), buffer.size());
    std::copy_n(bytes.begin(), size, buffer.begin());
    return size;
}

} // namespace fwdguard::faults
