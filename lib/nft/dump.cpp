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
        takeChain(message, before_);
        break;
    case 1:
        if (const auto rule = dump_.take(message))
            addRule(snapshot_, *rule);
        break;
    case 2:
        takeChain(message, after_);
        break;
    default: // the answer to an earlier request
        break;
    }
    return !before_.came || !dump_.ended() || !after_.came;
}

void ChainReading::takeChain(const Message& message, ChainAnswer& answer)
{
    answer.came = true;
    if (const auto error = parseError(message)) {
        answer.error = errorOf(*error);
        return;
    }
    answer.state = parseChain(message);
    if (!answer.state)
        answer.error = errorOf(EBADMSG);
}

bool ChainReading::steady() const
{
    return before_.state && after_.state &&
           before_.state->generationLow == after_.state->generationLow;
}

std::error_code ChainReading::error() const
{
    for (const auto error : {before_.error, dump_.error(), after_.error})
        if (unlessMissing(error))
            return error;
    return {};
}

} // namespace fwdguard::nft
