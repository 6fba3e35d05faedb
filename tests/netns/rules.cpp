// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/rules.hpp"

#include "support/catch.hpp"
#include "support/netns.hpp"
#include "support/plan.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include <arpa/inet.h>

namespace fwdguard::test {

namespace {

using Version = AddressMatch::Version;

Match matchOf(void (*fill)(Match&))
{
    Match match;
    fill(match);
    return match;
}

std::vector<RuleBody> withAddresses(const std::vector<std::string>& texts)
{
    std::vector<RuleBody> bodies;
    for (const auto& text : texts) {
        RuleBody body;
        body.match.source = address(text);
        bodies.push_back(body);
        body.match.destination = address(text, true);
        bodies.push_back(body);
        body.match.source.reset();
        body.match.protocol = std::uint8_t{17};
        body.match.destinationPort = PortRange{53, 53};
        bodies.push_back(body);
    }
    return bodies;
}

const std::vector<std::string> addresses4{
    "10.0.0.0/8",
    "10.1.0.0/16",
    "192.0.2.0/24",
    "192.0.2.7",
    "192.0.2.128/25",
    "64.0.0.0/2",
    "192.0.2.6/31"};
const std::vector<std::string> addresses6{
    "2001:db8::/32", "2001:db8::1", "fe80::/10", "8000::/1", "2001:db8::8/125", "fd00::/8"};

bool chance(std::mt19937& random, unsigned percent)
{
    return random() % 100 < percent;
}

AddressMatch randomAddress(std::mt19937& random, Version version)
{
    AddressMatch match{.version = version, .negated = chance(random, 30)};
    const unsigned bits = version == Version::v4 ? 32 : 128;
    match.prefixLength = static_cast<std::uint8_t>(1 + random() % bits);
    for (unsigned bit = 0; bit < match.prefixLength; ++bit)
        if (chance(random, 50))
            match.address[bit / 8] |= static_cast<std::uint8_t>(0x80 >> (bit % 8));
    return match;
}

InterfaceMatch randomInterface(std::mt19937& random)
{
    static const std::array<std::string, 6> names{
        "docker0", "eth0", "br-0123456789ab", "v", "cni-podman0", "wg.1"};
    InterfaceMatch match{
        .name = names[random() % names.size()],
        .prefix = chance(random, 30),
        .negated = chance(random, 40)};
    if (match.prefix)
        match.name =
            match.name.substr(0, 1 + random() % std::min<std::size_t>(match.name.size(), 14));
    return match;
}

PortRange randomPorts(std::mt19937& random)
{
    const auto first = static_cast<std::uint16_t>(1 + random() % 65535);
    const auto last = static_cast<std::uint16_t>(first + random() % (65536U - first));
    return chance(random, 50) ? PortRange{first, first} : PortRange{first, last};
}

std::string negation(bool negated)
{
    return negated ? "! " : "";
}

std::string textOf(const AddressMatch& match)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = match.version == Version::v4 ? AF_INET : AF_INET6;
    inet_ntop(family, match.address.data(), text.data(), text.size());
    return std::string{text.data()} + "/" + std::to_string(match.prefixLength);
}

void addInterface(
    std::ostream& line, const char* option, const std::optional<InterfaceMatch>& match)
{
    if (match)
        line << " " << negation(match->negated) << option << " " << match->name
             << (match->prefix ? "+" : "");
}

void addAddress(std::ostream& line, const char* option, const std::optional<AddressMatch>& match)
{
    if (match)
        line << " " << negation(match->negated) << option << " " << textOf(*match);
}

void addPorts(std::ostream& line, const char* option, const std::optional<PortRange>& ports)
{
    if (!ports)
        return;
    line << " " << option << " " << ports->first;
    if (ports->last != ports->first)
        line << ":" << ports->last;
}

void addTransport(std::ostream& line, const Match& match)
{
    if (!match.protocol)
        return;
    const std::string name = *match.protocol == 6    ? "tcp"
                             : *match.protocol == 17 ? "udp"
                             : *match.protocol == 1  ? "icmp"
                                                     : std::to_string(*match.protocol);
    line << " -p " << name;
    if (!match.sourcePort && !match.destinationPort)
        return;
    line << " -m " << name;
    addPorts(line, "--sport", match.sourcePort);
    addPorts(line, "--dport", match.destinationPort);
}

void addMark(std::ostream& line, const std::optional<MarkMatch>& mark)
{
    if (!mark)
        return;
    line << " -m mark " << negation(mark->negated) << "--mark 0x" << std::hex << mark->value;
    if (mark->mask != 0xffffffff)
        line << "/0x" << mark->mask;
    line << std::dec;
}

void addState(std::ostream& line, CtStates states)
{
    constexpr std::array<std::pair<CtStates, const char*>, 5> words{{
        {CtStates::invalid, "INVALID"},
        {CtStates::newly, "NEW"},
        {CtStates::related, "RELATED"},
        {CtStates::established, "ESTABLISHED"},
        {CtStates::untracked, "UNTRACKED"},
    }};
    if (states == CtStates::none)
        return;
    line << " -m conntrack --ctstate";
    char separator = ' ';
    for (const auto& [state, word] : words) {
        if (!contains(states, state))
            continue;
        line << separator << word;
        separator = ',';
    }
}

} // namespace

ChainId chainId(Family family, std::string table, std::string chain)
{
    return {.family = family, .table = std::move(table), .chain = std::move(chain)};
}

AddressMatch address(const std::string& text, bool negated)
{
    const auto slash = text.find('/');
    const std::string host = text.substr(0, slash);
    const bool v4 = host.find(':') == std::string::npos;
    AddressMatch match{.version = v4 ? Version::v4 : Version::v6, .negated = negated};
    if (inet_pton(v4 ? AF_INET : AF_INET6, host.c_str(), match.address.data()) != 1)
        throw std::invalid_argument(text);
    match.prefixLength = static_cast<std::uint8_t>(
        slash == std::string::npos ? (v4 ? 32 : 128) : std::stoi(text.substr(slash + 1)));
    return match;
}

std::vector<RuleBody> everyKind(Family family)
{
    std::vector<Match> matches{
        {},
        matchOf([](Match& m) { m.inInterface = {.name = "docker0"}; }),
        matchOf([](Match& m) { m.inInterface = {.name = "docker0", .negated = true}; }),
        matchOf([](Match& m) { m.outInterface = {.name = "docker0"}; }),
        matchOf([](Match& m) { m.outInterface = {.name = "veth", .prefix = true}; }),
        matchOf([](Match& m) {
            m.inInterface = {.name = "br-", .prefix = true, .negated = true};
            m.outInterface = {.name = "fifteen-letters", .negated = true};
        }),
        matchOf([](Match& m) { m.protocol = std::uint8_t{6}; }),
        matchOf([](Match& m) { m.protocol = std::uint8_t{1}; }),
        matchOf([](Match& m) { m.protocol = std::uint8_t{253}; }),
        matchOf([](Match& m) {
            m.protocol = std::uint8_t{6};
            m.sourcePort = {1024, 65535};
            m.destinationPort = {80, 80};
        }),
        matchOf([](Match& m) {
            m.protocol = std::uint8_t{17};
            m.sourcePort = {1, 2};
            m.destinationPort = {3, 4};
        }),
        matchOf([](Match& m) {
            m.protocol = std::uint8_t{6};
            m.sourcePort = {65535, 65535};
            m.destinationPort = {1, 1};
        }),
        matchOf([](Match& m) { m.mark = MarkMatch{.value = 0x2a}; }),
        matchOf([](Match& m) { m.mark = MarkMatch{.value = 0, .negated = true}; }),
        matchOf([](Match& m) { m.mark = MarkMatch{.value = 0x4000, .mask = 0x4000}; }),
        matchOf([](Match& m) { m.mark = MarkMatch{.value = 0x10, .mask = 0xf0, .negated = true}; }),
    };
    if (family != Family::bridge) { // the kernel may lack connection tracking there
        matches.push_back(matchOf([](Match& m) { m.ctState = CtStates::newly; }));
        matches.push_back(
            matchOf([](Match& m) { m.ctState = CtStates::established | CtStates::related; }));
        matches.push_back(matchOf([](Match& m) {
            m.ctState = CtStates::invalid | CtStates::untracked;
            m.inInterface = {.name = "eth0"};
            m.protocol = std::uint8_t{6};
            m.destinationPort = {22, 22};
            m.mark = MarkMatch{.value = 1, .mask = 1};
        }));
    }

    std::vector<RuleBody> bodies;
    for (const auto& match : matches)
        bodies.push_back({.match = match, .verdict = {}});
    for (const auto kind : {Verdict::Kind::drop, Verdict::Kind::returnBack})
        bodies.push_back({.match = matches[1], .verdict = {.kind = kind, .chain = {}}});
    for (const auto kind : {Verdict::Kind::jump, Verdict::Kind::goTo})
        bodies.push_back({.match = matches[1], .verdict = {.kind = kind, .chain = "OTHER"}});
    if (family != Family::ip6)
        std::ranges::copy(withAddresses(addresses4), std::back_inserter(bodies));
    if (family != Family::ip)
        std::ranges::copy(withAddresses(addresses6), std::back_inserter(bodies));
    return bodies;
}

RuleBody randomBody(std::mt19937& random, Family family)
{
    RuleBody body;
    Match& match = body.match;
    if (chance(random, 50))
        match.inInterface = randomInterface(random);
    if (chance(random, 50))
        match.outInterface = randomInterface(random);
    const bool v4 = family == Family::ip || (family != Family::ip6 && chance(random, 50));
    const Version version = v4 ? Version::v4 : Version::v6;
    if (chance(random, 40))
        match.source = randomAddress(random, version);
    if (chance(random, 40))
        match.destination = randomAddress(random, version);
    if (chance(random, 60)) {
        match.protocol = std::uint8_t{static_cast<std::uint8_t>(chance(random, 50) ? 6 : 17)};
        if (chance(random, 50))
            match.sourcePort = randomPorts(random);
        if (chance(random, 50))
            match.destinationPort = randomPorts(random);
    }
    if (chance(random, 30)) {
        const auto mask = chance(random, 50) ? 0xffffffffU : (1U << (random() % 32)) | 0x10U;
        match.mark = MarkMatch{
            .value = static_cast<std::uint32_t>(random()) & mask,
            .mask = mask,
            .negated = chance(random, 30)};
    }
    if (family != Family::bridge && chance(random, 40))
        match.ctState = static_cast<CtStates>(1 + random() % 31);
    static const std::array<Verdict, 5> verdicts{{
        {Verdict::Kind::accept, ""},
        {Verdict::Kind::drop, ""},
        {Verdict::Kind::returnBack, ""},
        {Verdict::Kind::jump, "OTHER"},
        {Verdict::Kind::goTo, "OTHER"},
    }};
    body.verdict = verdicts[random() % verdicts.size()];
    return body;
}

std::string iptablesLine(const RuleBody& body, const std::string& chain, const std::string& id)
{
    std::ostringstream line;
    line << "-A " << chain;
    addAddress(line, "-s", body.match.source);
    addAddress(line, "-d", body.match.destination);
    addInterface(line, "-i", body.match.inInterface);
    addInterface(line, "-o", body.match.outInterface);
    addTransport(line, body.match);
    addMark(line, body.match.mark);
    addState(line, body.match.ctState);
    line << " -m comment --comment \"fwd-guard:" << id << "\"";
    switch (body.verdict.kind) {
    case Verdict::Kind::accept:
        line << " -j ACCEPT";
        break;
    case Verdict::Kind::drop:
        line << " -j DROP";
        break;
    case Verdict::Kind::returnBack:
        line << " -j RETURN";
        break;
    case Verdict::Kind::jump:
        line << " -j " << body.verdict.chain;
        break;
    case Verdict::Kind::goTo:
        line << " -g " << body.verdict.chain;
        break;
    }
    return line.str();
}

InsertRule
insert(const ChainId& chain, const std::string& id, const RuleBody& body, Placement place)
{
    return insertRule(chain, {.id = id, .family = chain.family}, body, {}, place);
}

void commit(nft::Backend& backend, const Plan& plan)
{
    const auto result = backend.commit(plan, std::nullopt);
    if (const auto* failed = std::get_if<CommitFailed>(&result))
        FAIL(
            "commit: " << failed->error.message() << ", step "
                       << (failed->step ? std::to_string(*failed->step) : "unknown"));
    REQUIRE(std::holds_alternative<Committed>(result));
}

Snapshot read(nft::Backend& backend, const ChainId& chain, bool withPolicy)
{
    auto result = backend.snapshot(chain, withPolicy);
    if (const auto* failed = std::get_if<SnapshotFailed>(&result))
        FAIL("reading " << toString(chain) << ": " << failed->error.message());
    INFO("reading " << toString(chain));
    REQUIRE(std::holds_alternative<Snapshot>(result));
    return std::get<Snapshot>(std::move(result));
}

void reloadThroughNft()
{
    must("listed=$(nft list ruleset 2>/dev/null) && nft flush ruleset && "
         "printf '%s\\n' \"$listed\" | nft -f -");
}

std::vector<std::string> linesWith(const std::string& text, const std::string& part)
{
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);)
        if (line.find(part) != std::string::npos)
            lines.push_back(line);
    return lines;
}

} // namespace fwdguard::test
