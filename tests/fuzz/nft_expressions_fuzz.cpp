// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as the expressions of a rule. What is decoded as something that can be declared is
// encoded and decoded again: the same body must come out.
#include "nft/decode.hpp"
#include "nft/encode.hpp"
#include "nft/express.hpp"
#include "nft/observe.hpp"
#include "nft/uapi.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>

namespace {

using namespace fwdguard;
using namespace fwdguard::nft;

/// The order of record_nft.py.
constexpr std::array<Family, 4> families{Family::inet, Family::ip, Family::bridge, Family::ip6};

DecodedRule decodeAgain(const RuleBody& body, const ChainId& chain)
{
    const auto rule = encode(DeclaredRule{{"x", chain.family}, chain, {}, body});
    alignas(8) static std::array<std::uint8_t, 8192> buffer;
    auto* header = mnl_nlmsg_put_header(buffer.data());
    nftnl_rule_nlmsg_build_payload(header, rule.get());
    AttributeReader attributes{
        Bytes{buffer}.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr))};
    while (const auto attribute = attributes.next())
        if (attribute->type == NFTA_RULE_EXPRESSIONS)
            return decode(attribute->value, chain.family);
    return {};
}

/// Whether the set that was missing was all that was.
bool understoodWith(const RuleMessage& message, Family family, const Lookup& lookup)
{
    std::optional<Verdict> verdict;
    if (lookup.verdict)
        verdict = Verdict{.kind = Verdict::Kind::drop, .chain = {}};
    const StateSet set{
        .name = std::string{lookup.set},
        .elements = {{.state = CtStates::newly, .verdict = verdict}}};
    const auto seen = observe(message, family, set);
    return seen.size() == 1 && seen[0].match && seen[0].match->ctState != CtStates::none;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const Family family = families[data[0] % families.size()];
    const Bytes expressions{data + 1, size - 1};
    const auto rule = decode(expressions, family);
    const RuleMessage message{.expressions = expressions};
    const SurveyedRule seen = observe(message, family);
    if (const auto lookup = stateLookup(message, family);
        lookup && !understoodWith(message, family, *lookup))
        std::abort();
    if (rule.body && seen.match != rule.body->match)
        std::abort();
    const DeclaredRule declared{
        {"x", family}, {family, "filter", "FORWARD"}, {}, rule.body.value_or(RuleBody{})};
    if (rule.body && !cannotExpress(declared) &&
        decodeAgain(*rule.body, declared.chain).body != rule.body)
        std::abort();
    return 0;
}
