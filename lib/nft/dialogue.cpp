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

void Dialogue::begin()
{
    std::array<Received, 1> left;
    while (socket_.receive(buffer_, bufferSize, left) != 0)
        continue;
    error_.clear();
}

Dialogue::Progress Dialogue::ask(const Request& request)
{
    const auto error = socket_.send(request.bytes());
    return error ? fail(error) : Progress::going;
}

Dialogue::Progress Dialogue::step(const std::function<Progress(const Message&)>& take)
{
    std::array<Received, 1> one;
    if (socket_.receive(buffer_, bufferSize, one) == 0)
        return fail(one[0].kind == Received::Kind::failed ? one[0].error : errorOf(ENOBUFS));
    if (one[0].truncated)
        return fail(errorOf(ENOBUFS));
    if (one[0].sender != 0)
        return Progress::going;
    MessageReader messages{one[0].bytes};
    while (const auto message = messages.next()) {
        if (message->sequence != sequence_)
            continue;
        if (const Progress progress = take(*message); progress != Progress::going)
            return progress;
    }
    return messages.intact() ? Progress::going : fail(errorOf(EBADMSG));
}

Dialogue::Progress Dialogue::fail(std::error_code error)
{
    error_ = error;
    return Progress::failed;
}

} // namespace fwdguard::nft
