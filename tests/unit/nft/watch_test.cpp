// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/uapi.hpp"
#include "nft/watch.hpp"
#include "recorded.hpp"
#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::nft;
using namespace fwdguard::test;

TEST_CASE("announcements are picked out of a datagram among others")
{
    auto datagram = recordedMessages("announced-objects");
    REQUIRE(messagesOf(datagram).size() >= 2);
    const auto announcement = recordedMessages("announcement");
    datagram.insert(datagram.end(), announcement.begin(), announcement.end());
    Changes changes;
    addDatagram(changes, datagram, 1);
    REQUIRE(changes.transactions.size() == 1);
    CHECK(changes.transactions[0].committer.comm == "iptables");
    CHECK(changes.latest.value == 2);
}

TEST_CASE("an announcement of our own port is no foreign change")
{
    const auto datagram = recordedMessages("announcement");
    Changes changes;
    addDatagram(changes, datagram, firstMessage(datagram).port);
    CHECK_FALSE(changes.foreign());
    CHECK(changes.latest.value == 2);
}

TEST_CASE("a datagram of garbage says nothing")
{
    Changes changes;
    for (std::size_t length = 0; length < 200; ++length)
        addDatagram(changes, std::vector<std::uint8_t>(length, 0xa5), 1);
    CHECK_FALSE(changes.foreign());
    CHECK(changes.latest.value == 0);
}
