// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a legacy rule: a family byte, then the entry as the kernel hands it out. What is
// decoded as something that can be declared is encoded and decoded again: the same must come out.
#include "fuzz/require.hpp"
#include "xtables/decode.hpp"
#include "xtables/encode.hpp"
#include "xtables/entry.hpp"
#include "xtables/fingerprint.hpp"

#include <algorithm>
#include <cstring>
#include <span>

using namespace fwdguard;
using namespace fwdguard::xtables;
using fuzz::require;

namespace {

/// The label that libiptc would give: of a standard target its verdict.
RuleView viewOf(Bytes bytes, const Entry& entry)
{
    if (!entry.target.name.empty())
        return {bytes, entry.target.name, false};
    int verdict = 0;
    std::memcpy(
        &verdict, entry.target.data.data(), std::min(sizeof verdict, entry.target.data.size()));
    switch (verdict) {
    case -1:
        return {bytes, "DROP", false};
    case -2:
        return {bytes, "ACCEPT", false};
    case -5:
        return {bytes, "RETURN", false};
    default:
        return {bytes, "OTHER", true};
    }
}

void checkRoundTrip(Family family, const RuleBody& body, bool jumps)
{
    const auto bytes = encode({"x", family}, body, {1, 2});
    // A name is at most as long as a target's; a body that came out of an entry goes into one.
    require(bytes.has_value());
    Entry entry;
    require(split(family, *bytes, entry));
    require(ruleIdIn(entry) == "x" && entry.counters == Counters{1, 2});
    require(decode(family, entry, {*bytes, entry.target.name, jumps}) == body);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const Family family = data[0] % 2 == 0 ? Family::ip : Family::ip6;
    const Bytes bytes = std::as_bytes(std::span{data + 1, size - 1});
    Fingerprinter fingerprinter;
    fingerprinter.addRule(family, {bytes, "ACCEPT", false});
    Entry entry;
    if (!split(family, bytes, entry))
        return 0;
    const RuleView rule = viewOf(bytes, entry);
    fingerprinter.addRule(family, rule);
    require(ruleIdIn(entry).size() <= 256);
    if (const auto body = decode(family, entry, rule))
        checkRoundTrip(family, *body, rule.jumps);
    return 0;
}
