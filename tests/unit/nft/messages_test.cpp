// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/uapi.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"

#include <cerrno>

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

TEST_CASE("an announcement names generation, process and port of a commit")
{
    const auto datagram = recordedMessages("announcement");
    const auto message = firstMessage(datagram);
    const auto announcement = parseAnnouncement(message);
    REQUIRE(announcement);
    CHECK(announcement->generation.value == 2);
    CHECK(announcement->committer.comm == "iptables");
    CHECK(announcement->committer.pid != 0);
    // The recorded tool let the kernel choose its port, which then is its process id.
    CHECK(announcement->port == announcement->committer.pid);
}

TEST_CASE("the answer to GETGEN reads like an announcement")
{
    const auto datagram = recordedMessages("generation");
    const auto announcement = parseAnnouncement(firstMessage(datagram));
    REQUIRE(announcement);
    CHECK(announcement->generation.value > 2);
}

TEST_CASE("what is no announcement is not taken for one")
{
    for (const std::string name :
         {"announced-objects", "chain", "refused", "done", "rules-ip-filter"}) {
        const auto datagram = recordedMessages(name);
        for (const auto& message : messagesOf(datagram))
            CHECK_FALSE(parseAnnouncement(message));
    }
}

TEST_CASE("an announcement that is cut short or says generation 0 is none")
{
    auto datagram = recordedMessages("announcement");
    for (std::size_t length = 0; length < datagram.size(); ++length) {
        MessageReader reader{Bytes{datagram}.first(length)};
        CHECK_FALSE(reader.next());
        CHECK(reader.intact() == (length == 0));
        auto shorter = datagram;
        shorter.resize(length);
        if (length < sizeof(nlmsghdr))
            continue;
        overwrite(shorter, 0, static_cast<std::uint32_t>(length));
        const auto announcement = parseAnnouncement(firstMessage(shorter));
        // Only whole attributes may be missing, and never the generation.
        CHECK((!announcement || announcement->generation.value == 2));
    }
    overwrite(datagram, 24, std::uint32_t{0});
    CHECK_FALSE(parseAnnouncement(firstMessage(datagram)));
}

TEST_CASE("a message length that does not fit ends the datagram")
{
    auto datagram = recordedMessages("rules-ip-filter");
    const auto all = messagesOf(datagram);
    REQUIRE(all.size() == 5);
    for (const std::uint32_t length : {0U, 1U, 15U, 0x7fffffffU, 0xffffffffU}) {
        overwrite(datagram, 0, length);
        MessageReader reader{datagram};
        CHECK_FALSE(reader.next());
        CHECK_FALSE(reader.intact());
    }
}

TEST_CASE("a chain's policy is read, and is absent when the chain has none")
{
    auto datagram = recordedMessages("chain");
    const auto state = parseChain(firstMessage(datagram));
    REQUIRE(state);
    CHECK(state->policy == Policy::drop);
    CHECK(state->generationLow > 0);

    const std::string policyAttribute{"\x08\x00\x05\x00", 4};
    const std::string text{datagram.begin(), datagram.end()};
    const auto at = text.find(policyAttribute);
    REQUIRE(at != std::string::npos);
    overwrite(datagram, at + 4, htonl(NF_ACCEPT));
    CHECK(parseChain(firstMessage(datagram))->policy == Policy::accept);
    overwrite(datagram, at + 4, htonl(7));
    CHECK_FALSE(parseChain(firstMessage(datagram)));
    overwrite(datagram, at + 2, std::uint16_t{99});
    CHECK_FALSE(parseChain(firstMessage(datagram))->policy);
    const auto rules = recordedMessages("rules-ip-filter");
    CHECK_FALSE(parseChain(firstMessage(rules)));
}

TEST_CASE("an error and the end of a dump are told from other messages")
{
    const auto refused = recordedMessages("refused");
    CHECK(parseError(firstMessage(refused)) == ENOENT);
    const auto done = recordedMessages("done");
    CHECK(parseError(firstMessage(done)) == 0);
    const auto rules = recordedMessages("rules-ip-filter");
    CHECK_FALSE(parseError(firstMessage(rules)));

    const std::vector<std::uint8_t> tooShort{0};
    CHECK(parseError(Message{.type = NLMSG_ERROR, .body = tooShort}) == EBADMSG);
    CHECK(parseError(Message{.type = NLMSG_ERROR}) == EBADMSG);
    CHECK(parseError(Message{.type = NLMSG_DONE}) == 0);
    std::vector<std::uint8_t> number(4);
    overwrite(number, 0, INT32_MIN);
    CHECK(parseError(Message{.type = NLMSG_ERROR, .body = number}) == EBADMSG);
    overwrite(number, 0, std::int32_t{5});
    CHECK(parseError(Message{.type = NLMSG_ERROR, .body = number}) == EBADMSG);
}

TEST_CASE("the low half of a generation continues the one known before, across every wrap")
{
    CHECK(widen({5}, 5) == Generation{5});
    CHECK(widen({5}, 6) == Generation{6});
    CHECK(widen({0x0001fffe}, 0xfffe) == Generation{0x0001fffe});
    CHECK(widen({0x0001ffff}, 0) == Generation{0x00020000});
    CHECK(widen({0x0001fff0}, 3) == Generation{0x00020003});
    CHECK(widen({0xffffffff}, 1) == Generation{1});
    CHECK(widen({0xfffffff0}, 0xffff) == Generation{0xffffffff});
    CHECK(widen({0x12345678}, 0x5677) == Generation{0x12355677});
    CHECK(widen({0}, 0x1234) == Generation{0x1234});
}
