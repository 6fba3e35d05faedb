// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/filter.hpp"

#include "nft/messages.hpp"
#include "nft/requests.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <system_error>

namespace fwdguard::nft {

namespace {

constexpr std::uint32_t pass = 0xffffffff;
constexpr std::uint32_t drop = 0;

/// Where the two low bytes of nlmsg_len are; no message of a datagram is longer than they say.
constexpr std::uint32_t lowByte = std::endian::native == std::endian::little ? 0 : 3;
constexpr std::uint32_t highByte = std::endian::native == std::endian::little ? 1 : 2;

/// The first attribute of every message but NFT_MSG_NEWGEN is the name of a table.
constexpr std::uint32_t nameAt = sizeof(nlmsghdr) + sizeof(nfgenmsg) + sizeof(nlattr);

/// What the kernel makes of a program is longer, and has to fit into optmem_max: 20 KiB before
/// Linux 6.7, where 890 to 1,170 instructions were accepted, by the number of tables.
constexpr std::size_t mostInstructions = 850;
constexpr std::size_t mostMessages = 40; ///< a datagram has room for 31 of the shortest rules

std::uint32_t beginningOf(const std::string& table)
{
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < sizeof word; ++i)
        word = (word << 8) | (i < table.size() ? static_cast<std::uint8_t>(table[i]) : 0U);
    return word;
}

} // namespace

std::span<const sock_filter> announcementFilter()
{
    // BPF reads half-words in network order, netlink writes the type in host order.
    static const std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
        BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, htons((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, pass),
        BPF_STMT(BPF_RET | BPF_K, drop),
    }};
    return program;
}

std::vector<sock_filter> tableFilter(std::span<const std::string> tables)
{
    std::set<std::uint32_t> beginnings;
    for (const std::string& table : tables)
        beginnings.insert(beginningOf(table));

    // X is where a message begins. Reading behind the end of a datagram drops it.
    std::vector<sock_filter> message{BPF_STMT(BPF_LD | BPF_W | BPF_IND, nameAt)};
    for (const std::uint32_t beginning : beginnings) {
        message.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, beginning, 0, 1));
        message.push_back(BPF_STMT(BPF_RET | BPF_K, pass));
    }
    const std::array<sock_filter, 10> next{{
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, highByte),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 8),
        BPF_STMT(BPF_ST, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, lowByte),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_LDX | BPF_MEM, 0),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, NLMSG_ALIGNTO - 1),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(NLMSG_ALIGNTO - 1U)),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
    }};
    message.insert(message.end(), next.begin(), next.end());

    const std::span<const sock_filter> first = announcementFilter();
    std::vector<sock_filter> program(first.begin(), first.end() - 1);
    program.push_back(BPF_STMT(BPF_LDX | BPF_IMM, 0));
    const std::size_t messages = std::min(mostMessages, mostInstructions / message.size());
    for (std::size_t i = 0; i < messages; ++i)
        program.insert(program.end(), message.begin(), message.end());
    program.push_back(BPF_STMT(BPF_RET | BPF_K, pass));
    return program;
}

bool attachAndTest(Socket& socket, Inbox& inbox, std::span<const sock_filter> filter)
{
    const auto passes = [&] {
        if (!socket.attachFilter(filter))
            return false;
        // The answer to GETGEN is a NEWGEN as well, and goes through the same filter as an
        // announcement.
        if (const auto error = socket.send(generationRequest(1).bytes()))
            throw std::system_error(error, "testing the announcement filter");
        const auto received = inbox.next(socket);
        if (received.kind != Received::Kind::datagram)
            return false;
        MessageReader messages{received.bytes};
        const auto message = messages.next();
        return message && parseAnnouncement(*message);
    };
    const bool passed = passes();
    if (!passed)
        socket.detachFilter();
    return passed;
}

} // namespace fwdguard::nft
