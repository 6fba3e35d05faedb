// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/reader.hpp"

#include "nft/dump.hpp"
#include "nft/observe.hpp"

#include <cerrno>
#include <utility>

namespace fwdguard::nft {

namespace {

/// The kernel fills dump datagrams up to what the reader offers, and to 32 KiB at most
/// (netlink_dump).
constexpr std::size_t bufferSize = 32'768;

/// A busy firewall may interrupt us again and again.
constexpr int maxAttempts = 8;

std::error_code errorOf(int number)
{
    return {number, std::generic_category()};
}

bool namesFit(const ChainId& chain)
{
    return chain.table.size() <= maxNameLength && chain.chain.size() <= maxNameLength;
}

} // namespace

Reader::Reader() : inbox_{bufferSize} {}

std::error_code Reader::exchange(const Request& request, const Handler& takeAndGoOn)
{
    if (const auto error = socket_.send(request.bytes()))
        return error;
    std::error_code problem;
    for (;;) {
        const auto received = inbox_.next(socket_);
        if (received.kind == Received::Kind::nothing)
            return problem ? problem : errorOf(ENODATA);
        if (received.kind == Received::Kind::failed)
            return received.error;
        // From here on to the end, whatever happens: the socket takes no second dump before.
        if (received.kind == Received::Kind::overrun || received.truncated)
            problem = errorOf(ENOBUFS);
        if (received.kind != Received::Kind::datagram || received.sender != 0)
            continue;
        MessageReader messages{received.bytes};
        while (const auto message = messages.next())
            if (!takeAndGoOn(*message))
                return problem;
        if (!messages.intact() && !problem)
            problem = errorOf(EBADMSG);
    }
}

Generation Reader::generation()
{
    const std::uint32_t sequence = sequence_++;
    std::optional<Announcement> answer;
    std::optional<int> refused;
    auto error = exchange(generationRequest(sequence), [&](const Message& message) {
        if (message.sequence != sequence)
            return true;
        answer = parseAnnouncement(message);
        refused = parseError(message);
        return false;
    });
    if (!error && refused)
        error = errorOf(*refused);
    // nfnetlink answers EINVAL for a subsystem that nobody registered.
    if (error == std::errc::invalid_argument)
        throw std::system_error(errorOf(EPROTONOSUPPORT), noNftables);
    if (error || !answer)
        throw std::system_error(
            error ? error : errorOf(EBADMSG), "asking nf_tables for its generation");
    return answer->generation;
}

Reader::Missing Reader::findTable(const ChainId& chain, Generation known)
{
    const std::uint32_t sequence = sequence_++;
    std::optional<NfHeader> table;
    std::optional<int> refused;
    const auto error = exchange(tableRequest(chain, sequence), [&](const Message& message) {
        if (message.sequence != sequence)
            return true;
        refused = parseError(message);
        table = parseNfHeader(message);
        return false;
    });
    if (error)
        return error;
    if (refused == ENOENT)
        return ChainMissing{chain, true, generation()};
    if (refused || !table)
        return errorOf(refused.value_or(EBADMSG));
    return ChainMissing{chain, false, widen(known, table->generationLow)};
}

const Request& Reader::requestFor(const ChainId& chain)
{
    if (asked_ == chain) {
        chainRequest_.renumber(sequence_);
    } else {
        chainRequest_ = chainRequest(chain, sequence_);
        asked_ = chain;
    }
    sequence_ += chainRequests;
    return chainRequest_;
}

std::optional<SnapshotResult> Reader::readOnce(const ChainId& chain, bool withPolicy)
{
    ChainReading reading{chain, sequence_};
    const Request& request = requestFor(chain);
    auto error = exchange(request, [&](const Message& message) { return reading.take(message); });
    if (!error)
        error = reading.error();
    if (error)
        return SnapshotFailed{.chain = chain, .error = error};
    if (reading.interrupted())
        return std::nullopt;

    const Generation known = *reading.generation();
    if (!reading.chain()) {
        auto answer = findTable(chain, known);
        if (const auto* problem = std::get_if<std::error_code>(&answer))
            return SnapshotFailed{.chain = chain, .error = *problem};
        auto& missing = std::get<ChainMissing>(answer);
        // Found in two steps; they belong together if nothing was committed in between.
        if (missing.generation == known && !reading.rulesGenerationLow())
            return std::move(missing);
        return std::nullopt;
    }

    // The kernel looks the chain up before it notes the generation, and the other way round with
    // rules: what is between two equal generations is of that one.
    if (widen(known, reading.chain()->generationLow) != known)
        return std::nullopt;
    // Rules stand for themselves, but the policy has to belong to them. A dump without rules does
    // not say when it was made. It passes as no newer than the chain: if it is newer, a plan that
    // is built on it is refused as stale, and an announcement is on its way.
    const Generation rules =
        widen(known, reading.rulesGenerationLow().value_or(reading.chain()->generationLow));
    if (withPolicy && rules != known)
        return std::nullopt;
    Snapshot& snapshot = reading.snapshot();
    snapshot.generation = rules;
    if (withPolicy)
        snapshot.policy = reading.chain()->policy;
    return std::move(snapshot);
}

SnapshotResult Reader::snapshot(const ChainId& chain, bool withPolicy)
{
    if (!namesFit(chain))
        return SnapshotFailed{.chain = chain, .error = errorOf(ENAMETOOLONG)};
    for (int attempt = 0; attempt < maxAttempts; ++attempt)
        if (auto result = readOnce(chain, withPolicy))
            return *std::move(result);
    return SnapshotFailed{.chain = chain, .error = errorOf(EINTR)};
}

std::optional<std::vector<SurveyedRule>> Reader::rules(const ChainId& chain)
{
    if (!namesFit(chain))
        return std::nullopt;
    for (int attempt = 0; attempt < maxAttempts; ++attempt) {
        const std::uint32_t sequence = sequence_++;
        RuleDump dump;
        std::vector<SurveyedRule> rules;
        const auto error = exchange(rulesRequest(chain, sequence), [&](const Message& message) {
            if (message.sequence != sequence)
                return true;
            if (const auto rule = dump.take(message))
                rules.push_back(observe(*rule, chain.family));
            return !dump.ended();
        });
        if (error)
            return std::nullopt;
        if (dump.error() == std::errc::no_such_file_or_directory)
            return std::vector<SurveyedRule>{};
        if (dump.error())
            return std::nullopt;
        if (!dump.interrupted())
            return rules;
    }
    return std::nullopt;
}

} // namespace fwdguard::nft
