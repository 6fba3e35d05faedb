// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a declared rule, which goes into the kernel and is read again: what is decoded must
// be what was declared, in nf_tables, those of iptables and others, and in legacy tables. In a
// network namespace of its own; where there is none to be had, it ends with 77.
#include "nft/backend.hpp"
#include "nft/express.hpp"
#include "require.hpp"
#include "xtables/backend.hpp"
#include "xtables/encode.hpp"

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

const std::array<ChainId, 7> chains{{
    {Family::ip, "filter", "FORWARD"},
    {Family::ip6, "filter", "FORWARD"},
    {Family::ip, "native", "forward"},
    {Family::inet, "native", "forward"},
    {Family::bridge, "native", "forward"},
    {Family::ip, "filter", "FORWARD", BackendKind::legacy},
    {Family::ip6, "filter", "FORWARD", BackendKind::legacy},
}};

bool isLegacy(const ChainId& chain)
{
    return chain.backend == BackendKind::legacy;
}

void makeChain(const ChainId& chain)
{
    const std::string table = std::string{toString(chain.family)} + " " + chain.table;
    const std::string commands =
        isLegacy(chain) ? std::string{toString(chain.family)} + "tables-legacy -N OTHER"
                        : "nft 'add table " + table + "; add chain " + table + " " + chain.chain +
                              "; add chain " + table + " OTHER'";
    require(std::system(commands.c_str()) == 0); // NOLINT(cert-env33-c)
}

/// Both backends, in a network namespace of our own.
class Kernel {
  public:
    Kernel()
    {
        if (unshare(CLONE_NEWNET) != 0) {
            std::puts("skipped: no network namespace of our own");
            std::_Exit(77);
        }
        // Which is why nobody else is kept out by this lock.
        lock_ = "/tmp/fwd-guard-round-trip." + std::to_string(getpid());
        setenv("XTABLES_LOCKFILE", lock_.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
        // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe)
        hasLegacy_ = std::system("test -e /proc/net/ip_tables_names && "
                                 "test -e /proc/net/ip6_tables_names && "
                                 "command -v iptables-legacy ip6tables-legacy >/dev/null") == 0;
        if (!hasLegacy_)
            std::puts("no legacy tables in this kernel, or no iptables-legacy: without them");
        for (const ChainId& chain : chains)
            if (has(chain))
                makeChain(chain);
        nft_ = std::make_unique<nft::Backend>();
        legacy_ =
            std::make_unique<xtables::Backend>(xtables::BackendOptions{}, xtables::AuditStream{});
    }

    ~Kernel() { unlink(lock_.c_str()); }
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    [[nodiscard]] bool has(const ChainId& chain) const { return !isLegacy(chain) || hasLegacy_; }

    void commit(const ChainId& chain, const Step& step)
    {
        require(std::holds_alternative<Committed>(
            isLegacy(chain) ? legacy_->commit({step}, std::nullopt)
                            : nft_->commit({step}, std::nullopt)));
    }

    Snapshot snapshot(const ChainId& chain)
    {
        SnapshotResult result =
            isLegacy(chain) ? legacy_->snapshot(chain, false) : nft_->snapshot(chain, false);
        require(std::holds_alternative<Snapshot>(result));
        return std::get<Snapshot>(std::move(result));
    }

  private:
    std::string lock_;
    bool hasLegacy_ = false;
    std::unique_ptr<nft::Backend> nft_;
    std::unique_ptr<xtables::Backend> legacy_;
};

Kernel& kernel()
{
    static Kernel one;
    return one;
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

bool canBeSaid(const DeclaredRule& rule)
{
    if (!isLegacy(rule.chain))
        return !nft::cannotExpress(rule);
    // The configuration takes neither protocol 0 nor port 0: there, they and all ports from 0 on
    // are any.
    constexpr PortRange anyPort{0, 65535};
    const Match& match = rule.body.match;
    return kernel().has(rule.chain) && match.protocol != 0 && match.sourcePort != anyPort &&
           match.destinationPort != anyPort && xtables::encode(rule.key, rule.body, {}).has_value();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Draw draw(data, size);
    const DeclaredRule rule = drawRule(draw);
    if (!canBeSaid(rule))
        return 0;
    const Counters counters{draw.number(), draw.number()};
    kernel().commit(
        rule.chain, InsertRule{std::make_shared<const DeclaredRule>(rule), counters, AtHead{}});
    const Snapshot snapshot = kernel().snapshot(rule.chain);
    require(snapshot.rules.size() == 1 && snapshot.tagged.size() == 1);
    const TaggedRule& tagged = snapshot.tagged.front();
    require(tagged.id == rule.key.id && tagged.body == rule.body && tagged.counters == counters);
    kernel().commit(rule.chain, DeleteRule{rule.chain, rule.key, snapshot.rules.front().handle});
    return 0;
}
