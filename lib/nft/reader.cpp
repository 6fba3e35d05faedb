// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/reader.hpp"

#include "nft/decode.hpp"
#include "nft/uapi.hpp"

#include <cerrno>
#include <set>
#include <utility>

namespace fwdguard::nft {

namespace {

/// Room for several of the kernel's dump datagrams, so that it fills each as far as it can.
constexpr std::size_t bufferSize = 64 * 1024;

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

void addRule(Snapshot& snapshot, const RuleMessage& rule)
{
    if (!rule.ruleId.empty()) {
        auto [body, counters] = decode(rule.expressions, snapshot.chain.family);
        snapshot.tagged.push_back(
            {.index = snapshot.rules.size(),
             .id = std::string{rule.ruleId},
             .body = std::move(body),
             .counters = counters});
    }
    snapshot.rules.push_back({.handle = rule.handle, .jumpsTo = std::string{rule.jumpsTo}});
}

Reader::Reader() : buffer_(bufferSize) {}

Generation Reader::generation()
{
    const auto answer = ask(generationRequest(++sequence_));
    if (const auto* error = std::get_if<std::error_code>(&answer)) {
        // nfnetlink answers EINVAL for a subsystem that nobody registered.
        if (*error == std::errc::invalid_argument)
            throw std::system_error(
                errorOf(EPROTONOSUPPORT), "this kernel has no nf_tables (GETGEN)");
        throw std::system_error(*error, "asking nf_tables for its generation");
    }
    const auto announcement = parseAnnouncement(std::get<Message>(answer));
    if (!announcement)
        throw std::system_error(errorOf(EBADMSG), "asking nf_tables for its generation");
    return announcement->generation;
}

Reader::Answer Reader::ask(const Request& request)
{
    if (const auto error = socket_.send(request.bytes()))
        return error;
    for (;;) {
        const auto received = socket_.receive(buffer_);
        if (received.kind == Received::Kind::nothing)
            return errorOf(ENODATA);
        if (received.kind == Received::Kind::overrun)
            return errorOf(ENOBUFS);
        if (received.kind == Received::Kind::failed)
            return received.error;
        MessageReader messages{received.bytes};
        const auto message = messages.next();
        if (received.sender != 0 || !message || message->sequence != sequence_)
            continue;
        if (const auto error = parseError(*message))
            return errorOf(*error);
        return *message;
    }
}

/// False at the end of the dump.
bool Reader::takeDumped(
    const Message& message, DumpEnd& end, const std::function<bool(const RuleMessage&)>& take)
{
    if (message.sequence != sequence_)
        return true; // left over from a dump that failed half-way
    end.interrupted |= (message.flags & NLM_F_DUMP_INTR) != 0;
    if (const auto error = parseError(message)) {
        if (*error != 0)
            end.error = errorOf(*error);
        return false;
    }
    const auto rule = parseRule(message);
    if (!rule || !take(*rule)) {
        end.error = errorOf(EBADMSG);
        return true; // goes on to the end: the socket takes no second dump before
    }
    end.interrupted |= end.generationLow && *end.generationLow != rule->generationLow;
    end.generationLow = rule->generationLow;
    return true;
}

Reader::DumpEnd
Reader::dump(const Request& request, const std::function<bool(const RuleMessage&)>& take)
{
    DumpEnd end;
    if (const auto error = socket_.send(request.bytes()))
        return {.error = error};
    for (;;) {
        const auto received = socket_.receive(buffer_);
        if (received.kind == Received::Kind::nothing)
            return {.error = errorOf(ENODATA)};
        if (received.kind == Received::Kind::failed)
            return {.error = received.error};
        if (received.kind == Received::Kind::overrun || received.truncated)
            end.error = errorOf(ENOBUFS);
        if (received.kind == Received::Kind::overrun || received.sender != 0)
            continue;
        MessageReader messages{received.bytes};
        while (const auto message = messages.next())
            if (!takeDumped(*message, end, take))
                return end;
        if (!messages.intact() && !end.error)
            end.error = errorOf(EBADMSG);
    }
}

std::variant<Reader::Found, std::error_code> Reader::find(const ChainId& chain, Generation known)
{
    const auto chainAnswer = ask(chainRequest(chain, ++sequence_));
    if (const auto* message = std::get_if<Message>(&chainAnswer)) {
        const auto state = parseChain(*message);
        if (!state)
            return errorOf(EBADMSG);
        return Found{Presence::chain, state->policy, widen(known, state->generationLow)};
    }
    if (std::get<std::error_code>(chainAnswer) != std::errc::no_such_file_or_directory)
        return std::get<std::error_code>(chainAnswer);

    const auto tableAnswer = ask(tableRequest(chain, ++sequence_));
    if (const auto* message = std::get_if<Message>(&tableAnswer)) {
        const auto header = parseNfHeader(*message);
        if (!header)
            return errorOf(EBADMSG);
        return Found{Presence::table, std::nullopt, widen(known, header->generationLow)};
    }
    if (std::get<std::error_code>(tableAnswer) != std::errc::no_such_file_or_directory)
        return std::get<std::error_code>(tableAnswer);
    return Found{Presence::nothing, std::nullopt, generation()};
}

SnapshotResult Reader::snapshot(const ChainId& chain, bool withPolicy, Generation known)
{
    if (!namesFit(chain))
        return SnapshotFailed{.chain = chain, .error = errorOf(ENAMETOOLONG)};

    for (int attempt = 0; attempt < maxAttempts; ++attempt) {
        Snapshot snapshot{.chain = chain, .policy = std::nullopt};
        const auto end = dump(rulesRequest(chain, ++sequence_), [&](const RuleMessage& rule) {
            addRule(snapshot, rule);
            return true;
        });
        if (end.error && end.error != std::errc::no_such_file_or_directory)
            return SnapshotFailed{.chain = chain, .error = end.error};
        if (end.interrupted)
            continue;

        if (end.generationLow) {
            snapshot.generation = widen(known, *end.generationLow);
            if (!withPolicy)
                return snapshot;
        } else {
            snapshot.generation = known;
        }
        // An empty dump does not say whether there is a chain, nor at which generation: what is
        // found now holds for the dump as well if nothing was committed in between.
        const auto answer = find(chain, known);
        if (const auto* error = std::get_if<std::error_code>(&answer))
            return SnapshotFailed{.chain = chain, .error = *error};
        const auto& found = std::get<Found>(answer);
        known = found.generation;
        if (found.generation != snapshot.generation)
            continue;
        if (found.presence != Presence::chain)
            return ChainMissing{chain, found.presence == Presence::nothing, found.generation};
        if (withPolicy)
            snapshot.policy = found.policy;
        return snapshot;
    }
    return SnapshotFailed{.chain = chain, .error = errorOf(EINTR)};
}

std::vector<ChainId> Reader::chainsWithTags()
{
    std::error_code error = errorOf(EINTR);
    for (int attempt = 0; attempt < maxAttempts; ++attempt) {
        std::set<ChainId> chains;
        const auto end = dump(allRulesRequest(++sequence_), [&](const RuleMessage& rule) {
            const auto family = familyOf(rule.family);
            if (family && !rule.ruleId.empty())
                chains.insert({*family, std::string{rule.table}, std::string{rule.chain}});
            return true;
        });
        if (!end.error && !end.interrupted)
            return {chains.begin(), chains.end()};
        if (end.error) {
            error = end.error;
            break;
        }
    }
    throw std::system_error(error, "looking for rules of ours in the whole ruleset");
}

} // namespace fwdguard::nft
