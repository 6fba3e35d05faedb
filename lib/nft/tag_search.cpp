// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/tag_search.hpp"

#include "nft/rule_message.hpp"
#include "nft/survey_messages.hpp"
#include "nft/uapi.hpp"

#include <cerrno>
#include <utility>

namespace fwdguard::nft {

namespace {

/// So often a dump is repeated that others commit into.
constexpr int maxAttempts = 8;

std::error_code errorOf(int number)
{
    return {number, std::generic_category()};
}

} // namespace

TagSearch::Progress TagSearch::askAgain()
{
    interrupted_ = false;
    if (listing_) {
        listed_.clear();
        return dialogue_.ask(allChainsRequest(dialogue_.nextSequence()));
    }
    return dialogue_.ask(rulesRequest(listed_[at_], dialogue_.nextSequence()));
}

TagSearch::Progress TagSearch::begin()
{
    dialogue_.begin();
    found_.clear();
    listing_ = true;
    attempts_ = 0;
    at_ = 0;
    return askAgain();
}

TagSearch::Progress TagSearch::step()
{
    return dialogue_.step([this](const Message& message) { return take(message); });
}

TagSearch::Progress TagSearch::take(const Message& message)
{
    interrupted_ |= (message.flags & NLM_F_DUMP_INTR) != 0;
    if (const auto refused = parseError(message)) {
        if (*refused != 0 && *refused != ENOENT) // the table went since it was listed
            return dialogue_.fail(errorOf(*refused));
        return dumpEnded();
    }
    if (listing_)
        takeChain(message);
    else
        takeRule(message);
    return Progress::going;
}

TagSearch::Progress TagSearch::dumpEnded()
{
    if (interrupted_ && ++attempts_ < maxAttempts)
        return askAgain();
    attempts_ = 0;
    if (!std::exchange(listing_, false))
        ++at_;
    return at_ == listed_.size() ? Progress::done : askAgain();
}

void TagSearch::takeChain(const Message& message)
{
    const auto chain = parseListedChain(message);
    const auto family = chain ? familyOf(chain->family) : std::nullopt;
    if (family && chain->uses > 0)
        listed_.push_back({*family, chain->table, chain->name});
}

void TagSearch::takeRule(const Message& message)
{
    if (const auto rule = parseRule(message); rule && !rule->ruleId.empty())
        found_.insert(listed_[at_]);
}

std::vector<ChainId> TagSearch::take()
{
    return {found_.begin(), found_.end()};
}

} // namespace fwdguard::nft
