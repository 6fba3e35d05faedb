// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/entry.hpp"

#include "support/catch.hpp"
#include "xtables/decode.hpp"
#include "xtables/encode.hpp"
#include "xtables/fingerprint.hpp"
#include "xtables/layout.hpp"

#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include <linux/netfilter/xt_tcpudp.h>

using namespace fwdguard;
using namespace fwdguard::xtables;

namespace {

const RuleKey key{"to-docker0", Family::ip};
const RuleKey key6{"to-docker0", Family::ip6};

RuleBody everything()
{
    RuleBody body;
    body.match.inInterface = InterfaceMatch{"docker0", false, true};
    body.match.outInterface = InterfaceMatch{"cni", true, false};
    body.match.source = AddressMatch{AddressMatch::Version::v4, {10, 244}, 16, false};
    body.match.destination = AddressMatch{AddressMatch::Version::v4, {192, 0, 2, 1}, 32, true};
    body.match.protocol = 6;
    body.match.sourcePort = PortRange{1024, 65535};
    body.match.destinationPort = PortRange{443, 443};
    body.match.mark = MarkMatch{0x10, 0xff, true};
    body.match.ctState = CtStates::newly | CtStates::established | CtStates::untracked;
    body.verdict = {Verdict::Kind::accept, {}};
    return body;
}

std::string_view labelOf(const RuleBody& body)
{
    switch (body.verdict.kind) {
    case Verdict::Kind::accept:
        return "ACCEPT";
    case Verdict::Kind::drop:
        return "DROP";
    case Verdict::Kind::returnBack:
        return "RETURN";
    default:
        return body.verdict.chain;
    }
}

std::optional<RuleBody>
decoded(Family family, const std::vector<std::byte>& bytes, std::string_view label, bool jumps)
{
    Entry entry;
    if (!split(family, bytes, entry))
        return std::nullopt;
    return decode(family, entry, {bytes, label, jumps});
}

std::optional<RuleBody> roundTrip(const RuleKey& ruleKey, const RuleBody& body)
{
    const auto bytes = encode(ruleKey, body, {});
    REQUIRE(bytes);
    return decoded(ruleKey.family, *bytes, labelOf(body), !body.verdict.chain.empty());
}

} // namespace

TEST_CASE("a rule with every match comes back equal")
{
    CHECK(roundTrip(key, everything()) == everything());

    RuleBody udp6;
    udp6.match.source = AddressMatch{AddressMatch::Version::v6, {0x20, 1, 0xd, 0xb8}, 33, true};
    udp6.match.protocol = 17;
    udp6.match.destinationPort = PortRange{53, 54};
    udp6.verdict = {Verdict::Kind::goTo, "MINE"};
    CHECK(roundTrip(key6, udp6) == udp6);

    for (const auto kind : {Verdict::Kind::accept, Verdict::Kind::drop, Verdict::Kind::returnBack})
        CHECK(roundTrip(key, RuleBody{{}, {kind, {}}}) == RuleBody{{}, {kind, {}}});
    CHECK(
        roundTrip(key, RuleBody{{}, {Verdict::Kind::jump, "X"}}) ==
        RuleBody{{}, {Verdict::Kind::jump, "X"}});
}

TEST_CASE("an encoded rule carries its tag and counters")
{
    const auto bytes = encode(key, everything(), {7, 4200});
    REQUIRE(bytes);
    Entry entry;
    REQUIRE(split(Family::ip, *bytes, entry));
    CHECK(ruleIdIn(entry) == "to-docker0");
    CHECK(entry.counters == Counters{7, 4200});
    CHECK(entry.target.name == "ACCEPT");
}

TEST_CASE("what a family's tables cannot express is refused")
{
    RuleBody body;
    body.match.source = AddressMatch{AddressMatch::Version::v6, {}, 64, false};
    CHECK_FALSE(encode(key, body, {}));
    body = {};
    body.match.inInterface = InterfaceMatch{"sixteen-letters.", false, false};
    CHECK_FALSE(encode(key, body, {}));
    body.match.inInterface = InterfaceMatch{"fifteen-letters", true, false};
    CHECK_FALSE(encode(key, body, {}));
    body.match.inInterface = InterfaceMatch{"", true, false};
    CHECK_FALSE(encode(key, body, {}));
    body = {};
    body.match.destinationPort = PortRange{80, 80};
    CHECK_FALSE(encode(key, body, {}));
    body.match.protocol = 1;
    CHECK_FALSE(encode(key, body, {}));
    body = {};
    body.verdict = {Verdict::Kind::jump, "a-chain-name-of-29-characters"};
    CHECK_FALSE(encode(key, body, {}));
    body.verdict = {Verdict::Kind::jump, ""};
    CHECK_FALSE(encode(key, body, {}));
    CHECK_FALSE(encode({"x", Family::inet}, {}, {}));
}

TEST_CASE("a changed byte in a match of a tagged rule is never read as the same rule")
{
    const auto bytes = *encode(key, everything(), {});
    Entry entry;
    REQUIRE(split(Family::ip, bytes, entry));
    const std::map<std::string_view, std::size_t> usedBytes{
        {"tcp", sizeof(xt_tcp)}, {"mark", 9}, {"conntrack", 164}, {"comment", 0}};
    for (const Extension& match : entry.matches) {
        const auto at = static_cast<std::size_t>(match.data.data() - bytes.data());
        for (std::size_t i = 0; i < match.data.size(); ++i) {
            // Padding at the end, which no packet is compared with.
            if (i >= usedBytes.at(match.name))
                continue;
            auto changed = bytes;
            changed[at + i] ^= std::byte{0x41};
            INFO(match.name << " byte " << i);
            CHECK(decoded(Family::ip, changed, "ACCEPT", false) != everything());
        }
    }
}

TEST_CASE("a flag, match or target that no declared rule has makes the rule unreadable")
{
    const auto bytes = *encode(key, everything(), {});
    const auto changedAt = [&bytes](std::size_t at, std::uint8_t value) {
        auto changed = bytes;
        changed[at] = std::byte{value};
        return decoded(Family::ip, changed, "ACCEPT", false);
    };
    CHECK(decoded(Family::ip, bytes, "ACCEPT", false) == everything());
    CHECK_FALSE(changedAt(offsetof(ipt_ip, flags), IPT_F_FRAG));
    CHECK_FALSE(changedAt(offsetof(ipt_ip, flags), IPT_F_GOTO));
    CHECK_FALSE(changedAt(offsetof(ipt_ip, invflags), IPT_INV_PROTO));
    CHECK_FALSE(changedAt(offsetof(ipt_ip, smsk), 0x0f));
    CHECK_FALSE(changedAt(offsetof(ipt_ip, src) + 3, 1));
    CHECK_FALSE(decoded(Family::ip, bytes, "LOG", false));
    CHECK_FALSE(decoded(Family::ip, bytes, "QUEUE", false));
    CHECK_FALSE(decoded(Family::ip, bytes, "", false));
}

TEST_CASE("an interface that cannot be declared makes the rule unreadable")
{
    RuleBody body;
    body.match.inInterface = InterfaceMatch{"fourteen-chars", true, false};
    auto bytes = *encode(key, body, {});
    CHECK(decoded(Family::ip, bytes, "ACCEPT", false) == body);
    bytes[offsetof(ipt_ip, iniface) + 14] = std::byte{'s'};
    bytes[offsetof(ipt_ip, iniface_mask) + 14] = std::byte{0xff};
    CHECK_FALSE(decoded(Family::ip, bytes, "ACCEPT", false)); // a prefix of 15
    bytes[offsetof(ipt_ip, iniface_mask) + 15] = std::byte{0xff};
    CHECK(decoded(Family::ip, bytes, "ACCEPT", false)); // a name of 15
    bytes[offsetof(ipt_ip, iniface) + 15] = std::byte{'.'};
    CHECK_FALSE(decoded(Family::ip, bytes, "ACCEPT", false));
}

TEST_CASE("an entry whose sizes lie is not taken apart")
{
    const auto bytes = *encode(key, everything(), {});
    Entry entry;
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK_FALSE(split(Family::ip, Bytes{bytes}.first(length), entry));
    for (std::size_t at = offsetof(ipt_entry, target_offset); at < bytes.size(); ++at)
        for (const int value : {0, 1, 31, 255}) {
            auto changed = bytes;
            changed[at] = static_cast<std::byte>(value);
            if (split(Family::ip, changed, entry))
                (void)decode(Family::ip, entry, {changed, "ACCEPT", false});
        }
}

namespace {

Fingerprint fingerprintOf(
    const std::vector<std::byte>& bytes,
    std::string_view target = "ACCEPT",
    std::string_view policy = "DROP")
{
    Fingerprinter fingerprinter;
    fingerprinter.addChain("FORWARD", policy);
    fingerprinter.addRule(Family::ip, {bytes, target, false});
    return fingerprinter.result();
}

} // namespace

TEST_CASE("a table's fingerprint ignores counters and garbage behind names")
{
    const auto bytes = *encode(key, everything(), {});
    CHECK(fingerprintOf(bytes) == fingerprintOf(*encode(key, everything(), {1, 2})));
    auto garbage = bytes;
    garbage[sizeof(ipt_entry) + offsetof(xt_entry_match, u.user.name) + 10] = std::byte{0xaa};
    CHECK(fingerprintOf(bytes) == fingerprintOf(garbage));
}

TEST_CASE("a table's fingerprint changes with every rule, target, policy and chain")
{
    const auto bytes = *encode(key, everything(), {});
    const Fingerprint whole = fingerprintOf(bytes);
    CHECK(whole != fingerprintOf(bytes, "DROP"));
    CHECK(whole != fingerprintOf(bytes, "ACCEPT", "ACCEPT"));
    CHECK(whole != fingerprintOf(*encode({"other", Family::ip}, everything(), {})));
    CHECK(whole != Fingerprint{});
    Entry entry;
    REQUIRE(split(Family::ip, bytes, entry));
    for (const Extension& match : entry.matches) {
        auto changed = bytes;
        changed[static_cast<std::size_t>(match.data.data() - bytes.data())] ^= std::byte{1};
        CHECK(whole != fingerprintOf(changed));
    }
    Fingerprinter twoChains;
    twoChains.addChain("FORWARD", "DROP");
    twoChains.addRule(Family::ip, {bytes, "ACCEPT", false});
    twoChains.addChain("EMPTY", "");
    CHECK(whole != twoChains.result());
}
