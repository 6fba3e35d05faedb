// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorded.hpp"

#include "support/catch.hpp"

#include <fstream>
#include <iterator>

namespace fwdguard::test {

namespace {

std::vector<std::uint8_t> contentsOf(const std::string& path)
{
    std::ifstream file{std::string{FWDGUARD_CORPUS "/"} + path, std::ios::binary};
    INFO(path);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

std::vector<std::uint8_t> recordedMessages(const std::string& name)
{
    return contentsOf("nft_messages/" + name + ".bin");
}

std::vector<std::uint8_t> recordedExpressions(const std::string& name)
{
    auto bytes = contentsOf("nft_expressions/" + name + ".bin");
    bytes.erase(bytes.begin());
    return bytes;
}

nft::Message firstMessage(nft::Bytes datagram)
{
    nft::MessageReader reader{datagram};
    const auto message = reader.next();
    REQUIRE(message);
    return *message;
}

std::vector<nft::Message> messagesOf(nft::Bytes datagram)
{
    std::vector<nft::Message> messages;
    nft::MessageReader reader{datagram};
    while (const auto message = reader.next())
        messages.push_back(*message);
    return messages;
}

} // namespace fwdguard::test
