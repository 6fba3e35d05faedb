// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/dialogue.hpp"

#include <array>
#include <cerrno>

namespace fwdguard::nft {

namespace {

/// The kernel fills no more of a dump into one datagram than the reader offers (netlink_dump). Half
/// of what it would, for shorter steps; a single rule has to fit.
constexpr std::size_t bufferSize = 16'384;

std::error_code errorOf(int number)
{
    return {number, std::generic_category()};
}

} // namespace

Dialogue::Dialogue() : buffer_(bufferSize) {}

std::error_code Dialogue::ask(const Request& request)
{
    return socket_.send(request.bytes());
}

std::error_code Dialogue::step(const std::function<bool(const Message&)>& takeAndGoOn)
{
    std::array<Received, 1> one;
    if (socket_.receive(buffer_, bufferSize, one) == 0)
        return one[0].kind == Received::Kind::failed ? one[0].error : errorOf(ENOBUFS);
    if (one[0].truncated)
        return errorOf(ENOBUFS);
    if (one[0].sender != 0)
        return {};
    MessageReader messages{one[0].bytes};
    while (const auto message = messages.next())
        if (message->sequence == sequence_ && !takeAndGoOn(*message))
            return {};
    return messages.intact() ? std::error_code{} : errorOf(EBADMSG);
}

void Dialogue::finish()
{
    std::array<Received, 1> left;
    while (socket_.receive(buffer_, bufferSize, left) != 0)
        continue;
}

} // namespace fwdguard::nft
