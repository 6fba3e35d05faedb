// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "nft/messages.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fwdguard::test {

/// A datagram that tests/fuzz/record_nft.py recorded, by its name without ".bin".
[[nodiscard]] std::vector<std::uint8_t> recordedMessages(const std::string& name);

/// The recorded expressions of one rule, without the leading family byte.
[[nodiscard]] std::vector<std::uint8_t> recordedExpressions(const std::string& name);

/// The first message of a datagram; fails the test when there is none.
[[nodiscard]] nft::Message firstMessage(nft::Bytes datagram);

/// All whole messages of a datagram.
[[nodiscard]] std::vector<nft::Message> messagesOf(nft::Bytes datagram);

/// Writes a number into the datagram, in host order.
template <class Number>
void overwrite(std::vector<std::uint8_t>& datagram, std::size_t offset, Number number)
{
    for (std::size_t i = 0; i < sizeof number; ++i)
        datagram.at(offset + i) = reinterpret_cast<const std::uint8_t*>(&number)[i];
}

} // namespace fwdguard::test
