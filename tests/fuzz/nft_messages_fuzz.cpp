// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a datagram from the kernel: every parser takes them or refuses them.
#include "fuzz/require.hpp"
#include "nft/dump.hpp"
#include "nft/mirror.hpp"
#include "nft/survey_messages.hpp"
#include "nft/watch.hpp"
#include "nft/writer.hpp"

#include <cstddef>
#include <cstdint>

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
    if (const auto announcement = parseAnnouncement(message))
        require(announcement->generation.value != 0);
    if (const auto error = parseError(message))
        require(*error >= 0);
    if (const auto rule = dump.take(message))
        require(rule->expressions.size() <= message.body.size());
    static_cast<void>(reading.take(message));
}

/// Ten rules of `ip filter FORWARD`, of which one is ours, just before what the datagram announces.
Mirror mirrorBefore(Bytes datagram)
{
    Snapshot snapshot{.chain = {Family::ip, "filter", "FORWARD"}};
    MessageReader messages{datagram};
    while (const auto message = messages.next())
        if (const auto announcement = parseAnnouncement(*message)) {
            snapshot.generation = {announcement->generation.value - 1};
            break;
        }
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
    const auto known = mirror.recall({Family::ip, "filter", "FORWARD"}, false);
    if (!known)
        return;
    require(known->rules.size() <= 10);
    for (const TaggedRule& tagged : known->tagged)
        require(known->rules.at(tagged.index).handle.value == 5);
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
    require(reading.snapshot().tagged.size() <= reading.snapshot().rules.size());
    return 0;
}
