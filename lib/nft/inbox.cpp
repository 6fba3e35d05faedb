// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/inbox.hpp"

namespace fwdguard::nft {

Inbox::Inbox(std::size_t bytes) : size_{bytes}, buffer_(bytes * slots) {}

Received Inbox::next(Socket& socket)
{
    if (taken_ == count_) {
        taken_ = 0;
        count_ = socket.receive(buffer_, size_, received_);
        exhausted_ = count_ < slots;
        if (count_ == 0) {
            // The first slot says why. Behind an overrun there is more.
            exhausted_ = received_[0].kind == Received::Kind::nothing;
            return received_[0];
        }
    }
    return received_[taken_++];
}

} // namespace fwdguard::nft
