// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a declared rule, which goes into the kernel and is dumped again: what is decoded
// must be what was declared, in the tables of iptables and in others. In a network namespace of its
// own; where there is none to be had, it ends with 77.
#include "nft/backend.hpp"
#include "nft/express.hpp"
#include "require.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <variant>

#include <sched.h>
#include <unistd.h>

namespace {

using namespace fwdguard;
using fuzz::require;

const std::array<ChainId, 5> chains{{
    {Family::ip, "filter", "FORWARD"},
    {Family::ip6, "filter", "FORWARD"},
    {Family::ip, "native", "forward"},
    {Family::inet, "native", "forward"},
    {Family::bridge, "native", "forward"},
}};

nft::Backend& kernel()
{
    static std::unique_ptr<nft::Backend> backend = [] {
        if (unshare(CLONE_NEWNET) != 0) {
            std::puts("skipped: no network namespace of our own");
            std::_Exit(77);
        }
        for (const ChainId& chain : chains) {
            const std::string table{std::string{toString(chain.family)} + " " + chain.table};
            const std::string commands = "nft 'add table " + table + "; add chain " + table + " " +
                                         chain.chain + "; add chain " + table + " OTHER'";
            require(std::system(commands.c_str()) == 0); // NOLINT(cert-env33-c)
        }
        return std::make_unique<nft::Backend>();
    }();
    return *backend;
}

/// Draws from the bytes; zeros when they are used up.
class Draw {
  public:
    Draw(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

    std::uint32_t below(std::uint32_t limit) { return number() % limit; }
    bool flag() { return (byte() & 1) != 0; }

    std::uint8_t byte()
    {
        if (at_ == size_)
            return 0;
        return data_[at_++];
    }

    std::uint32_t number()
    {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i)
            value = value << 8 | byte();
        return value;
    }

  private:
    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t at_ = 0;
};

InterfaceMatch drawInterface(Draw& draw)
{
    constexpr std::size_t longest = 15;
    InterfaceMatch match{.name = {}, .prefix = draw.flag(), .negated = draw.flag()};
    match.name.resize(1 + draw.byte() % (match.prefix ? longest - 1 : longest));
    for (char& letter : match.name)
        letter = static_cast<char>('!' + draw.byte() % ('~' - '!' + 1));
    return match;
}

AddressMatch drawAddress(Draw& draw, AddressMatch::Version version)
{
    const unsigned bits = version == AddressMatch::Version::v4 ? 32 : 128;
    AddressMatch match{.version = version, .negated = draw.flag()};
    match.prefixLength = static_cast<std::uint8_t>(1 + draw.byte() % bits);
    for (unsigned i = 0; i < match.prefixLength; i += 8) {
        const unsigned rest = match.prefixLength - i;
        match.address[i / 8] =
            static_cast<std::uint8_t>(draw.byte() & (rest < 8 ? 0xff << (8 - rest) : 0xff));
    }
    return match;
}

PortRange drawPorts(Draw& draw)
{
    const auto first = static_cast<std::uint16_t>(draw.number());
    const auto more = draw.flag() ? 0U : draw.below(0x10000U - first);
    return {first, static_cast<std::uint16_t>(first + more)};
}

Match drawMatch(Draw& draw, Family family)
{
    Match match;
    const std::uint32_t keys = draw.number();
    const bool v4 = family == Family::ip || (family != Family::ip6 && draw.flag());
    const auto version = v4 ? AddressMatch::Version::v4 : AddressMatch::Version::v6;
    if ((keys & 1) != 0)
        match.inInterface = drawInterface(draw);
    if ((keys & 2) != 0)
        match.outInterface = drawInterface(draw);
    if ((keys & 4) != 0)
        match.source = drawAddress(draw, version);
    if ((keys & 8) != 0)
        match.destination = drawAddress(draw, version);
    if ((keys & 16) != 0)
        match.protocol = draw.byte();
    if ((keys & 32) != 0)
        match.protocol = std::uint8_t{static_cast<std::uint8_t>(draw.flag() ? 6 : 17)};
    if ((keys & 96) == 96)
        match.sourcePort = drawPorts(draw);
    if ((keys & 160) == 160)
        match.destinationPort = drawPorts(draw);
    if ((keys & 256) != 0) {
        const std::uint32_t mask = draw.flag() ? 0xffffffff : draw.number();
        match.mark = MarkMatch{draw.number() & mask, mask, draw.flag()};
    }
    if ((keys & 512) != 0 && family != Family::bridge) // the kernel may lack conntrack there
        match.ctState = static_cast<CtStates>(draw.byte() % 32);
    return match;
}

DeclaredRule drawRule(Draw& draw)
{
    const ChainId& chain = chains[draw.byte() % chains.size()];
    DeclaredRule rule{{"x", chain.family}, chain, {}, {}};
    rule.body.verdict.kind = static_cast<Verdict::Kind>(draw.byte() % 5);
    if (rule.body.verdict.kind >= Verdict::Kind::jump)
        rule.body.verdict.chain = "OTHER";
    rule.body.match = drawMatch(draw, chain.family);
    return rule;
}

void commit(const Step& step)
{
    require(std::holds_alternative<Committed>(kernel().commit({step}, std::nullopt)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Draw draw(data, size);
    const DeclaredRule rule = drawRule(draw);
    if (nft::cannotExpress(rule))
        return 0;
    const Counters counters{draw.number(), draw.number()};
    commit(InsertRule{std::make_shared<const DeclaredRule>(rule), counters, AtHead{}});
    const auto result = kernel().snapshot(rule.chain, false);
    const auto* snapshot = std::get_if<Snapshot>(&result);
    require(snapshot != nullptr && snapshot->rules.size() == 1 && snapshot->tagged.size() == 1);
    const TaggedRule& tagged = snapshot->tagged.front();
    require(tagged.id == rule.key.id && tagged.body == rule.body && tagged.counters == counters);
    commit(DeleteRule{rule.chain, rule.key, snapshot->rules.front().handle});
    return 0;
}
