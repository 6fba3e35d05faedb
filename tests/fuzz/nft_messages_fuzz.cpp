// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a datagram from the kernel: every parser takes them or refuses them.
#include "fuzz/require.hpp"
#include "nft/dump.hpp"
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
    MessageReader messages{datagram};
    while (const auto message = messages.next())
        readMessage(*message, reading, dump);
    require(reading.snapshot().tagged.size() <= reading.snapshot().rules.size());
    return 0;
}
