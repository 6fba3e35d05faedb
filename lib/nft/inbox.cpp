// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/inbox.hpp"

namespace fwdguard::nft {

Inbox::Inbox(std::size_t bytes) : size_{bytes}, buffer_(bytes * slots) {}

std::span<const Received> Inbox::peek(Socket& socket)
{
    if (handedOut()) {
        taken_ = 0;
        count_ = socket.receive(buffer_, size_, received_);
        exhausted_ = count_ < slots;
        if (count_ == 0) {
            // The first slot says why. Behind an overrun there is more.
            exhausted_ = received_[0].kind != Received::Kind::overrun;
            count_ = 1;
        }
    }
    return std::span{received_}.subspan(taken_, count_ - taken_);
}

Received Inbox::next(Socket& socket)
{
    const Received first = peek(socket).front();
    ++taken_;
    return first;
}

} // namespace fwdguard::nft
