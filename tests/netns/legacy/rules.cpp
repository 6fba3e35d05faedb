// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace fwdguard;
using namespace fwdguard::legacy;

namespace {

struct Case {
    const char* name;
    Family family;
    RuleBody body;
    std::string words; ///< as iptables prints it, without the tag and -j
    std::string jump = "-j ACCEPT";
};

AddressMatch v4(std::array<std::uint8_t, 4> bytes, std::uint8_t length, bool negated = false)
{
    AddressMatch match{AddressMatch::Version::v4, {}, length, negated};
    std::copy(bytes.begin(), bytes.end(), match.address.begin());
    return match;
}

AddressMatch v6(std::uint8_t length, bool negated = false)
{
    return {AddressMatch::Version::v6, {0x20, 0x01, 0x0d, 0xb8}, length, negated};
}

RuleBody with(void (*fill)(Match&))
{
    RuleBody body;
    fill(body.match);
    return body;
}

std::vector<Case> cases()
{
    const Family ip = Family::ip;
    const Family ip6 = Family::ip6;
    return {
        {"empty", ip, {}, ""},
        {"in",
         ip,
         with([](Match& m) {
             m.inInterface = {"docker0", false, false};
         }),
         "-i docker0"},
        {"not in, out prefix",
         ip,
         with([](Match& m) {
             m.inInterface = {"docker0", false, true};
             m.outInterface = {"cni", true, false};
         }),
         "! -i docker0 -o cni+"},
        {"longest names",
         ip,
         with([](Match& m) {
             m.inInterface = {"fifteen-letters", false, false};
             m.outInterface = {"fourteen-lette", true, true};
         }),
         "-i fifteen-letters ! -o fourteen-lette+"},
        {"addresses",
         ip,
         with([](Match& m) {
             m.source = v4({10, 244, 0, 0}, 16);
             m.destination = v4({192, 0, 2, 1}, 32, true);
         }),
         "-s 10.244.0.0/16 ! -d 192.0.2.1/32"},
        {"odd prefixes",
         ip,
         with([](Match& m) {
             m.source = v4({10, 128, 0, 0}, 9, true);
             m.destination = v4({128, 0, 0, 0}, 1);
         }),
         "! -s 10.128.0.0/9 -d 128.0.0.0/1"},
        {"protocol", ip, with([](Match& m) { m.protocol = 47; }), "-p gre"},
        {"tcp ports",
         ip,
         with([](Match& m) {
             m.protocol = 6;
             m.sourcePort = {1024, 65535};
             m.destinationPort = {443, 443};
         }),
         "-p tcp -m tcp --sport 1024:65535 --dport 443"},
        {"udp range",
         ip,
         with([](Match& m) {
             m.protocol = 17;
             m.destinationPort = {53, 54};
         }),
         "-p udp -m udp --dport 53:54"},
        {"mark",
         ip,
         with([](Match& m) {
             m.mark = {0x10, 0xffffffff, false};
         }),
         "-m mark --mark 0x10"},
        {"masked mark negated",
         ip,
         with([](Match& m) {
             m.mark = {0x10, 0xf0, true};
         }),
         "-m mark ! --mark 0x10/0xf0"},
        {"states",
         ip,
         with([](Match& m) { m.ctState = CtStates::related | CtStates::established; }),
         "-m conntrack --ctstate RELATED,ESTABLISHED"},
        {"all states",
         ip,
         with([](Match& m) {
             m.ctState = CtStates::invalid | CtStates::newly | CtStates::untracked |
                         CtStates::related | CtStates::established;
         }),
         "-m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED"},
        {"drop", ip, {{}, {Verdict::Kind::drop, {}}}, "", "-j DROP"},
        {"return", ip, {{}, {Verdict::Kind::returnBack, {}}}, "", "-j RETURN"},
        {"jump", ip, {{}, {Verdict::Kind::jump, "OTHER"}}, "", "-j OTHER"},
        {"goto", ip, {{}, {Verdict::Kind::goTo, "OTHER"}}, "", "-g OTHER"},
        {"ip6 empty", ip6, {}, ""},
        {"ip6 addresses and ports",
         ip6,
         with([](Match& m) {
             m.source = v6(32);
             m.destination = v6(128, true);
             m.protocol = 6;
             m.destinationPort = {80, 90};
             m.inInterface = {"docker0", false, true};
         }),
         "-s 2001:db8::/32 ! -d 2001:db8::/128 ! -i docker0 -p tcp -m tcp --dport 80:90"},
        {"ip6 odd prefix", ip6, with([](Match& m) { m.source = v6(29); }), "-s 2001:db8::/29"},
        {"ip6 protocol", ip6, with([](Match& m) { m.protocol = 58; }), "-p ipv6-icmp"},
        {"ip6 mark and state",
         ip6,
         with([](Match& m) {
             m.mark = {1, 1, false};
             m.ctState = CtStates::newly;
         }),
         "-m mark --mark 0x1/0x1 -m conntrack --ctstate NEW"},
        {"ip6 goto", ip6, {{}, {Verdict::Kind::goTo, "OTHER"}}, "", "-g OTHER"},
    };
}

std::string join(std::initializer_list<std::string> words)
{
    std::string text;
    for (const std::string& word : words)
        if (!word.empty())
            text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string specOf(const Case& c)
{
    return join({c.words, "-m comment --comment \"fwd-guard:r\"", c.jump});
}

} // namespace

TEST_CASE("iptables-legacy prints, finds and deletes each rule that we write")
{
    for (const Case& c : cases()) {
        INFO(c.name);
        const Namespace inside;
        const ChainId chain{c.family, "filter", "FORWARD"};
        const std::string tool = iptables(c.family);
        sh(tool + " -N OTHER");
        auto backend = pollingBackend();
        insertAtHead(backend, chain, "r", c.body);

        CHECK(rulesOf(chain) == std::vector<std::string>{"-A FORWARD " + specOf(c)});
        CHECK(run(tool + " -C FORWARD " + specOf(c)).status == 0);
        CHECK(run(tool + " -D FORWARD " + specOf(c)).status == 0);
        CHECK(rulesOf(chain).empty());
    }
}

TEST_CASE("a rule that we wrote has the same bytes as the one that iptables-legacy writes")
{
    for (const Case& c : cases()) {
        INFO(c.name);
        const Namespace inside;
        const ChainId chain{c.family, "filter", "FORWARD"};
        sh(iptables(c.family) + " -N OTHER");
        sh(iptables(c.family) + " -A FORWARD " + specOf(c));
        auto backend = pollingBackend();
        insertAtHead(backend, chain, "r", c.body);
        const auto rules = bytesOfRules(chain);
        REQUIRE(rules.size() == 2);
        CHECK(rules[0] == rules[1]);
    }
}

TEST_CASE("a rule that we wrote is read back equal, before and after save and restore")
{
    for (const Case& c : cases()) {
        INFO(c.name);
        const Namespace inside;
        const ChainId chain{c.family, "filter", "FORWARD"};
        const std::string tool = iptables(c.family);
        sh(tool + " -N OTHER");
        auto backend = pollingBackend();
        insertAtHead(backend, chain, "r", c.body);
        for (const char* const time : {"before", "after"}) {
            INFO(time);
            const auto snapshot = look(backend, chain);
            REQUIRE(snapshot.tagged.size() == 1);
            CHECK(snapshot.tagged[0].id == "r");
            CHECK(snapshot.tagged[0].body == c.body);
            CHECK(snapshot.rules[0].jumpsTo == c.body.verdict.chain);
            sh(tool + "-save | " + tool + "-restore");
        }
    }
}

TEST_CASE("a rule that iptables-legacy wrote with our tag is read as declared")
{
    for (const Case& c : cases()) {
        INFO(c.name);
        const Namespace inside;
        const ChainId chain{c.family, "filter", "FORWARD"};
        sh(iptables(c.family) + " -N OTHER");
        sh(iptables(c.family) + " -A FORWARD " + specOf(c));
        auto backend = pollingBackend();
        const auto snapshot = look(backend, chain);
        REQUIRE(snapshot.tagged.size() == 1);
        CHECK(snapshot.tagged[0].body == c.body);
    }
}

TEST_CASE("a tagged rule that says more than a declared rule can is not taken for one")
{
    for (const char* const spec :
         {"-f -j ACCEPT",
          "! -p tcp -j ACCEPT",
          "-p tcp --syn -j ACCEPT",
          "-p tcp ! --dport 80 -j ACCEPT",
          "-p tcp --tcp-option 5 -j ACCEPT",
          "-p tcp -m multiport --dports 80,443 -j ACCEPT",
          "-m limit --limit 1/s -j ACCEPT",
          "-m mark --mark 1 -m mark --mark 1 -j ACCEPT",
          "-m conntrack ! --ctstate NEW -j ACCEPT",
          "-m conntrack --ctstate NEW --ctdir ORIGINAL -j ACCEPT",
          "-m conntrack --ctstate SNAT -j ACCEPT",
          "-m conntrack --ctproto 6 -j ACCEPT",
          "-m state --state NEW -j ACCEPT",
          "-m addrtype --dst-type LOCAL -j ACCEPT",
          "-s 10.0.0.1/255.0.255.0 -j ACCEPT",
          "-m comment --comment another -j ACCEPT",
          "-j LOG --log-prefix x",
          "-j REJECT",
          "-j QUEUE",
          ""}) {
        INFO(spec);
        const Namespace inside;
        sh(std::string{"iptables-legacy -A FORWARD -m comment --comment fwd-guard:r "} + spec);
        auto backend = pollingBackend();
        const auto snapshot = look(backend, forward);
        REQUIRE(snapshot.tagged.size() == 1);
        CHECK(snapshot.tagged[0].id == "r");
        CHECK_FALSE(snapshot.tagged[0].body);
    }
}

TEST_CASE("a snapshot tells order, jumps, tags, counters and policy of a chain")
{
    const Namespace inside;
    sh("iptables-legacy-restore -c <<'E'\n"
       "*filter\n"
       ":INPUT ACCEPT [0:0]\n:FORWARD DROP [3:180]\n:OUTPUT ACCEPT [0:0]\n"
       ":DOCKER - [0:0]\n:LOGGING - [0:0]\n"
       "[1:60] -A FORWARD -o docker0 -j DOCKER\n"
       "[2:120] -A FORWARD -i a -m comment --comment fwd-guard:a -j ACCEPT\n"
       "[0:0] -A FORWARD -g LOGGING\n"
       "[0:0] -A FORWARD -j LOG\n"
       "[0:0] -A FORWARD -m comment --comment \"fwd-guards: a note\"\n"
       "COMMIT\nE");
    auto backend = pollingBackend();
    const auto snapshot = look(backend, forward);
    CHECK(snapshot.policy == Policy::drop);
    REQUIRE(snapshot.rules.size() == 5);
    CHECK(snapshot.rules[0].jumpsTo == "DOCKER");
    CHECK(snapshot.rules[2].jumpsTo == "LOGGING");
    for (const std::size_t index : {1U, 3U, 4U})
        CHECK(snapshot.rules[index].jumpsTo.empty());
    REQUIRE(snapshot.tagged.size() == 1);
    CHECK(snapshot.tagged[0].index == 1);
    CHECK(snapshot.tagged[0].counters == Counters{2, 120});

    CHECK_FALSE(look(backend, {Family::ip, "filter", "DOCKER"}).policy);
    CHECK(
        backend.chainsWithTags() ==
        std::vector<ChainId>{twinOf({Family::ip, "filter", "FORWARD"})});
}
