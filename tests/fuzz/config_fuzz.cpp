// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a configuration file: what is taken obeys the promises of core's types, what is
// refused has a message of one line.
#include "config/files.hpp"
#include "config/load.hpp"
#include "config/merge.hpp"
#include "config/part.hpp"
#include "config/refusal.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace {

using namespace fwdguard;
using fuzz::require;

void checkInterface(const std::optional<InterfaceMatch>& match)
{
    if (match)
        require(!match->name.empty() && match->name.size() <= (match->prefix ? 14U : 15U));
}

void checkAddress(const std::optional<AddressMatch>& match)
{
    if (!match)
        return;
    const bool v4 = match->version == AddressMatch::Version::v4;
    require(match->prefixLength >= 1 && match->prefixLength <= (v4 ? 32 : 128));
    require(!v4 || std::all_of(match->address.begin() + 4, match->address.end(), [](auto byte) {
        return byte == 0;
    }));
}

void checkPorts(const Match& match, const std::optional<PortRange>& ports)
{
    if (!ports)
        return;
    require(match.protocol == std::uint8_t{6} || match.protocol == std::uint8_t{17});
    require(ports->first >= 1 && ports->first <= ports->last);
}

void checkRule(const DeclaredRule& rule)
{
    require(!rule.key.id.empty() && rule.key.id.size() <= maxRuleIdLength);
    require(rule.key.family == rule.chain.family);
    require(!rule.chain.table.empty() && !rule.chain.chain.empty());
    const bool anchored =
        rule.position.kind == Position::Kind::before || rule.position.kind == Position::Kind::after;
    require(anchored != rule.position.chain.empty() && rule.position.chain != rule.chain.chain);
    const bool jumps = rule.body.verdict.kind == Verdict::Kind::jump ||
                       rule.body.verdict.kind == Verdict::Kind::goTo;
    require(jumps != rule.body.verdict.chain.empty());
    checkInterface(rule.body.match.inInterface);
    checkInterface(rule.body.match.outInterface);
    checkAddress(rule.body.match.source);
    checkAddress(rule.body.match.destination);
    checkPorts(rule.body.match, rule.body.match.sourcePort);
    checkPorts(rule.body.match, rule.body.match.destinationPort);
}

void checkFlow(const Flow& flow)
{
    require(!flow.id.empty() && flow.id.size() <= maxFlowIdLength);
    for (const std::vector<InterfaceMatch>* side : {&flow.from, &flow.to}) {
        require(!side->empty() && side->size() <= maxFlowInterfaces);
        for (const InterfaceMatch& interface : *side) {
            require(!interface.negated);
            checkInterface(interface);
        }
    }
    require(!flow.directAccess || flow.destination);
    require(!flow.destination || !flow.destination->negated);
    checkAddress(flow.destination);
    const Expansion expansion = expand(flow, {});
    std::for_each(expansion.rules.begin(), expansion.rules.end(), checkRule);
}

void checkMessage(const config::Problem& problem)
{
    require(!problem.found.empty() && !problem.allowed.empty());
    require(problem.pointer.empty() || problem.pointer.front() == '/');
    require(!config::hasControlCharacters(config::toString(problem)));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size > config::maxFileSize)
        return -1;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are text here
    auto part = config::readPart({reinterpret_cast<const char*>(data), size});
    if (const auto* finding = std::get_if<config::Finding>(&part)) {
        checkMessage(
            {.file = "fuzz",
             .pointer = finding->pointer,
             .found = finding->refusal.found,
             .allowed = finding->refusal.allowed});
        return 0;
    }
    const auto merged = config::merge({{.file = "fuzz", .part = std::get<config::Part>(part)}});
    if (const auto* problem = std::get_if<config::Problem>(&merged)) {
        checkMessage(*problem);
        return 0;
    }
    const auto& result = std::get<config::Merged>(merged);
    std::for_each(result.declaration.rules.begin(), result.declaration.rules.end(), checkRule);
    std::for_each(result.flows.begin(), result.flows.end(), checkFlow);
    for (const std::string& warning : result.warnings)
        require(!config::hasControlCharacters(warning));
    return 0;
}
