// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a datagram from the kernel: every parser takes them or refuses them.
#include "fuzz/require.hpp"
#include "nft/dump.hpp"
#include "nft/mirror.hpp"
#include "nft/prepared_repairs.hpp"
#include "nft/state_set.hpp"
#include "nft/survey_messages.hpp"
#include "nft/uapi.hpp"
#include "nft/watch.hpp"
#include "nft/writer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace fwdguard;
using fuzz::require;
using namespace fwdguard::nft;

void readMessage(const Message& message, ChainReading& reading, RuleDump& dump)
{
    static_cast<void>(parseChain(message));
    static_cast<void>(parseNfHeader(message));
    static_cast<void>(parseListedTable(message));
    static_cast<void>(parseListedChain(message));
    static_cast<void>(parseListedSet(message));
    static_cast<void>(parseListedElements(message));
    if (const auto announcement = parseAnnouncement(message))
        require(announcement->generation.value != 0);
    if (const auto error = parseError(message))
        require(*error >= 0);
    if (const auto rule = dump.take(message))
        require(rule->expressions.size() <= message.body.size());
    static_cast<void>(reading.take(message));
}

const ChainId forward{.family = Family::ip, .table = "filter", .chain = "FORWARD"};

/// Nothing of FORWARD, just before what the datagram announces.
Snapshot emptyBefore(Bytes datagram)
{
    Snapshot snapshot{.chain = forward};
    MessageReader messages{datagram};
    while (const auto message = messages.next())
        if (const auto announcement = parseAnnouncement(*message)) {
            snapshot.generation = {announcement->generation.value - 1};
            break;
        }
    return snapshot;
}

/// Ten rules, of which one is ours.
Mirror mirrorBefore(Bytes datagram)
{
    Snapshot snapshot = emptyBefore(datagram);
    for (std::uint64_t handle = 1; handle <= 10; ++handle)
        snapshot.rules.push_back({.handle = {handle}});
    snapshot.tagged.push_back({.index = 4, .id = "x"});
    Mirror mirror;
    mirror.remember(snapshot, false);
    return mirror;
}

void follow(Mirror& mirror, const Message& message)
{
    mirror.take(message);
    const auto known = mirror.recall(forward, false);
    if (!known)
        return;
    require(known->rules.size() <= 10);
    for (const TaggedRule& tagged : known->tagged)
        require(known->rules.at(tagged.index).handle.value == 5);
}

/// The rules that the datagram says were deleted, the first of them ours.
Snapshot emptiedBy(Bytes datagram)
{
    Snapshot snapshot = emptyBefore(datagram);
    MessageReader messages{datagram};
    while (const auto message = messages.next())
        if (const auto rule = parseDeletedRule(*message); rule && rule->family == NFPROTO_IPV4 &&
                                                          rule->table == forward.table &&
                                                          rule->chain == forward.chain)
            snapshot.rules.push_back({.handle = rule->handle});
    if (!snapshot.rules.empty())
        snapshot.tagged.push_back({.index = 0, .id = "x"});
    return snapshot;
}

/// A repair of `x`, with room for nothing but its counters.
ReadyRepair repairOfX()
{
    DeclaredRule rule;
    rule.key.id = "x";
    rule.chain = forward;
    return {
        Plan{InsertRule{.rule = std::make_shared<const DeclaredRule>(rule)}},
        ReadyBatch{
            .bytes = std::vector<std::uint8_t>(16),
            .steps = 1,
            .counters = {{.packets = 0, .bytes = 8}}}};
}

/// A repair is due only where the mirror, if it understands all of it, knows an empty chain.
void anticipate(Bytes datagram)
{
    Snapshot snapshot = emptiedBy(datagram);
    Mirror mirror;
    mirror.remember(snapshot, false);
    PreparedRepairs repairs;
    repairs.add(forward, repairOfX());
    repairs.settle(mirror);
    MessageReader messages{datagram};
    while (const auto message = messages.next()) {
        repairs.take(*message);
        mirror.take(*message);
        if (repairs.due() == nullptr)
            continue;
        const auto known = mirror.recall(forward, false);
        require(!known || known->rules.empty());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes datagram{data, size};
    Changes changes;
    addDatagram(changes, datagram, 1);
    Answers answers{6, 3};
    answers.add(datagram);
    require(answers.complete() || !std::holds_alternative<Committed>(answers.result()));

    ChainReading reading{{Family::inet, "t", "f"}, 6};
    RuleDump dump;
    Mirror mirror = mirrorBefore(datagram);
    MessageReader messages{datagram};
    while (const auto message = messages.next()) {
        readMessage(*message, reading, dump);
        follow(mirror, *message);
    }
    anticipate(datagram);
    require(reading.snapshot().tagged.size() <= reading.snapshot().rules.size());
    return 0;
}
