// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/survey_reader.hpp"

#include "nft/observe.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <iterator>
#include <utility>

namespace fwdguard::nft {

namespace {

/// So many sets are read, beside all else; a rule with one more is not understood.
constexpr std::size_t maxSets = 256;

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
    asking_.clear();
    sets_ = 0;
    natMatters_ = false;
    natQueued_ = false;
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
    case Phase::set:
        return takeSet(message);
    case Phase::elements:
        takeElements(message);
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
        queueBaseChains(false);
    if (phase_ == Phase::elements)
        answerAsking();
    return readNextSet();
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

void SurveyReader::queueBaseChains(bool nat)
{
    for (const auto& [id, chain] : listed_)
        if (chain.base && chain.base->nat == nat)
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
    phase_ = Phase::rules;
    // Last of all: there may be thousands of rules that only services need.
    if (waiting_.empty() && natMatters_ && !std::exchange(natQueued_, true))
        queueBaseChains(true);
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
    const Family family = reading_->chain.family;
    const auto lookup = sets_ < maxSets ? stateLookup(*rule, family) : std::nullopt;
    if (lookup) {
        ++sets_;
        asking_.push_back(
            {.rule = reading_->rules.size(),
             .expressions = {rule->expressions.begin(), rule->expressions.end()},
             .set = {.name = std::string{lookup->set}},
             .verdicts = lookup->verdict});
    }
    reading_->rules.push_back(observe(*rule, family));
    follow(reading_->rules.back());
}

void SurveyReader::follow(const SurveyedRule& rule)
{
    if (!rule.target.empty())
        queue({reading_->chain.family, reading_->chain.table, rule.target});
    natMatters_ |= rule.translated;
}

SurveyReader::Progress SurveyReader::readNextSet()
{
    if (asking_.empty())
        return readNextChain();
    phase_ = Phase::set;
    return dialogue_.ask(
        setRequest(reading_->chain, asking_.back().set.name, dialogue_.nextSequence()));
}

SurveyReader::Progress SurveyReader::takeSet(const Message& message)
{
    const auto listed = parseListedSet(message);
    if (!listed)
        return dialogue_.fail(errorOf(EBADMSG));
    saw(listed->generationLow);
    const Asking& asking = asking_.back();
    if (!listed->fixed || listed->verdicts != asking.verdicts) {
        asking_.pop_back();
        return readNextSet();
    }
    phase_ = Phase::elements;
    return dialogue_.ask(
        elementsRequest(reading_->chain, asking.set.name, dialogue_.nextSequence()));
}

void SurveyReader::takeElements(const Message& message)
{
    Asking& asking = asking_.back();
    auto listed = parseListedElements(message);
    if (listed)
        saw(listed->generationLow);
    if (!listed || !listed->elements) {
        asking.understood = false;
        return;
    }
    std::ranges::move(*listed->elements, std::back_inserter(asking.set.elements));
}

/// The set is read: what was seen of the rule without it is no more than a part.
void SurveyReader::answerAsking()
{
    const Asking asking = std::move(asking_.back());
    asking_.pop_back();
    if (!asking.understood || asking.set.elements.empty())
        return;
    auto& rules = reading_->rules;
    const auto at = rules.begin() + static_cast<std::ptrdiff_t>(asking.rule);
    const std::string id = at->id;
    auto seen = observe(
        {.ruleId = id, .expressions = asking.expressions}, reading_->chain.family, asking.set);
    for (const SurveyedRule& rule : seen)
        follow(rule);
    rules.insert(
        rules.erase(at),
        std::make_move_iterator(seen.begin()),
        std::make_move_iterator(seen.end()));
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
