// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/dump.hpp"

#include "nft/decode.hpp"
#include "nft/uapi.hpp"

#include <cerrno>
#include <utility>

namespace fwdguard::nft {

namespace {

std::error_code errorOf(int number)
{
    return {number, std::generic_category()};
}

std::error_code unlessMissing(std::error_code error)
{
    return error == std::errc::no_such_file_or_directory ? std::error_code{} : error;
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

std::optional<RuleMessage> RuleDump::take(const Message& message)
{
    interrupted_ |= (message.flags & NLM_F_DUMP_INTR) != 0;
    if (const auto error = parseError(message)) {
        ended_ = true;
        if (*error != 0 && !error_)
            error_ = errorOf(*error);
        return std::nullopt;
    }
    auto rule = parseRule(message);
    if (!rule) {
        error_ = errorOf(EBADMSG);
        return std::nullopt;
    }
    interrupted_ |= generationLow_ && *generationLow_ != rule->generationLow;
    generationLow_ = rule->generationLow;
    return rule;
}

ChainReading::ChainReading(const ChainId& chain, std::uint32_t sequence)
    : sequence_{sequence},
      snapshot_{.chain = chain, .generation = {}, .policy = std::nullopt, .rules = {}, .tagged = {}}
{
}

bool ChainReading::take(const Message& message)
{
    switch (message.sequence - sequence_) {
    case 0:
        takeGeneration(message);
        break;
    case 1:
        takeChain(message);
        break;
    case 2:
        if (const auto rule = dump_.take(message))
            addRule(snapshot_, *rule);
        break;
    default: // the answer to an earlier request
        break;
    }
    const bool generationAnswered = generation_ || generationError_;
    const bool chainAnswered = chain_ || chainError_;
    return !generationAnswered || !chainAnswered || !dump_.ended();
}

void ChainReading::takeGeneration(const Message& message)
{
    if (const auto answer = parseAnnouncement(message))
        generation_ = answer->generation;
    else
        generationError_ = errorOf(parseError(message).value_or(EBADMSG));
}

void ChainReading::takeChain(const Message& message)
{
    chain_ = parseChain(message);
    if (const auto error = parseError(message))
        chainError_ = errorOf(*error);
    else if (!chain_)
        chainError_ = errorOf(EBADMSG);
}

std::error_code ChainReading::error() const
{
    for (const auto error : {generationError_, chainError_, dump_.error()})
        if (unlessMissing(error))
            return error;
    return {};
}

} // namespace fwdguard::nft
