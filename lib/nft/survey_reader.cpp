// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/survey_reader.hpp"

#include "nft/observe.hpp"
#include "nft/uapi.hpp"

#include <cerrno>
#include <utility>

namespace fwdguard::nft {

namespace {

std::error_code errorOf(int number)
{
    return {number, std::generic_category()};
}

} // namespace

SurveyReader::SurveyReader(std::size_t maxRules) : maxRules_(maxRules) {}

SurveyReader::Progress SurveyReader::begin()
{
    dialogue_.begin();
    phase_ = Phase::tables;
    interrupted_ = false;
    generationLow_.reset();
    dormant_.clear();
    listed_.clear();
    waiting_.clear();
    read_.clear();
    reading_ = nullptr;
    rules_ = 0;
    return dialogue_.ask(allTablesRequest(dialogue_.nextSequence()));
}

SurveyReader::Progress SurveyReader::step()
{
    return dialogue_.step([this](const Message& message) { return take(message); });
}

SurveyReader::Progress SurveyReader::take(const Message& message)
{
    interrupted_ |= (message.flags & NLM_F_DUMP_INTR) != 0;
    if (const auto refused = parseError(message)) {
        // The chain went between two requests.
        interrupted_ |= *refused == ENOENT;
        if (*refused != 0 && *refused != ENOENT)
            return dialogue_.fail(errorOf(*refused));
        return dumpEnded();
    }
    switch (phase_) {
    case Phase::tables:
        takeTable(message);
        break;
    case Phase::chains:
        takeChain(message);
        break;
    case Phase::rules:
        takeRule(message);
        break;
    case Phase::generation: {
        const auto answer = parseAnnouncement(message);
        if (!answer)
            return dialogue_.fail(errorOf(EBADMSG));
        saw(static_cast<std::uint16_t>(answer->generation.value));
        return interrupted_ ? Progress::interrupted : Progress::done;
    }
    }
    return Progress::going;
}

/// A dump is followed to its end even when it is of no use any more: the socket takes no other one
/// before.
SurveyReader::Progress SurveyReader::dumpEnded()
{
    if (interrupted_)
        return Progress::interrupted;
    if (phase_ == Phase::tables) {
        phase_ = Phase::chains;
        return dialogue_.ask(allChainsRequest(dialogue_.nextSequence()));
    }
    if (phase_ == Phase::chains)
        queueBaseChains();
    phase_ = Phase::rules;
    return readNextChain();
}

void SurveyReader::saw(std::uint16_t generationLow)
{
    interrupted_ |= generationLow_.value_or(generationLow) != generationLow;
    generationLow_ = generationLow;
}

void SurveyReader::takeTable(const Message& message)
{
    const auto table = parseListedTable(message);
    if (!table)
        return;
    saw(table->generationLow);
    if (table->dormant)
        dormant_.emplace(table->family, table->name);
}

void SurveyReader::takeChain(const Message& message)
{
    auto chain = parseListedChain(message);
    if (!chain)
        return;
    saw(chain->generationLow);
    const auto family = familyOf(chain->family);
    if (!family || family == Family::bridge || dormant_.contains({chain->family, chain->table}))
        return;
    ChainId id{*family, chain->table, chain->name};
    listed_.emplace(std::move(id), *std::move(chain));
}

void SurveyReader::queueBaseChains()
{
    for (const auto& [id, chain] : listed_)
        if (chain.base)
            queue(id);
}

void SurveyReader::queue(const ChainId& id)
{
    const auto listed = listed_.find(id);
    if (listed == listed_.end())
        return;
    const auto [at, added] =
        read_.try_emplace(id, SurveyedChain{.chain = id, .base = listed->second.base});
    if (added)
        waiting_.push_back(id);
}

SurveyReader::Progress SurveyReader::readNextChain()
{
    while (!waiting_.empty()) {
        const ChainId id = std::move(waiting_.front());
        waiting_.pop_front();
        reading_ = &read_.at(id);
        if (rules_ + listed_.at(id).uses <= maxRules_)
            return dialogue_.ask(rulesRequest(id, dialogue_.nextSequence()));
        reading_->unread = true;
    }
    phase_ = Phase::generation;
    return dialogue_.ask(generationRequest(dialogue_.nextSequence()));
}

void SurveyReader::takeRule(const Message& message)
{
    const auto rule = parseRule(message);
    if (!rule) {
        reading_->unread = true; // whatever it is, it may accept
        return;
    }
    saw(rule->generationLow);
    ++rules_;
    SurveyedRule seen = observe(*rule, reading_->chain.family);
    if (!seen.target.empty())
        queue({reading_->chain.family, reading_->chain.table, seen.target});
    reading_->rules.push_back(std::move(seen));
}

Survey SurveyReader::take()
{
    Survey survey;
    survey.chains.reserve(read_.size());
    for (auto& [id, chain] : std::exchange(read_, {}))
        survey.chains.push_back(std::move(chain));
    return survey;
}

} // namespace fwdguard::nft
