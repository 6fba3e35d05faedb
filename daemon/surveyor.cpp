// SPDX-License-Identifier: GPL-2.0-or-later
#include "surveyor.hpp"

#include "report/printable.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <variant>

namespace fwdguard::daemon {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Progress = nft::SurveyReader::Progress;

/// So long nobody has committed anything.
constexpr milliseconds quiet{1'000};
/// Where it never gets quiet.
constexpr milliseconds patience{15'000};
constexpr int restingShare = 100;
/// Of all that a packet might meet. To judge one declared rule by so many takes a millisecond.
constexpr std::size_t maxRules = 5'000;

bool asksForTranslation(const Survey& survey)
{
    return std::ranges::any_of(survey.chains, [](const SurveyedChain& chain) {
        return std::ranges::any_of(chain.rules, &SurveyedRule::translated);
    });
}

} // namespace

Surveyor::Surveyor(sys::EventLoop& loop, report::Log& log, Found found)
    : log_(log), found_(std::move(found)), reader_(maxRules),
      next_(loop.addTimer([this] { turn(); }, sys::Priority::last))
{
}

void Surveyor::declare(std::vector<DeclaredRule> rules)
{
    rules_ = std::move(rules);
    if (phase_ == Phase::judging)
        phase_ = Phase::resting; // what it judges is declared no more
    changed();
}

Instant Surveyor::due() const
{
    return std::max(std::min(lastChange_ + quiet, *firstChange_ + patience), notBefore_);
}

void Surveyor::changed()
{
    // With many changes a second, all that each of them costs is this.
    lastChange_ = Clock::now();
    if (std::exchange(firstChange_, firstChange_.value_or(lastChange_)) || phase_ != Phase::resting)
        return;
    next_.arm(due());
}

void Surveyor::seek()
{
    if (withoutNat_ && !firstChange_ && maybeLegacyNat())
        changed();
}

void Surveyor::turn()
{
    const Instant start = Clock::now();
    if (phase_ == Phase::resting) {
        if (start < due()) {
            next_.arm(due());
            return;
        }
        spent_ = {};
        begin();
    } else if (phase_ == Phase::reading) {
        progressed(reader_.step());
    } else {
        judge();
    }
    spent_ += Clock::now() - start;
    if (phase_ == Phase::resting)
        rest();
    else
        next_.arm(start);
}

void Surveyor::begin()
{
    firstChange_.reset();
    if (rules_.empty()) {
        found_({});
        return;
    }
    phase_ = Phase::reading;
    progressed(reader_.begin());
}

void Surveyor::progressed(Progress progress)
{
    switch (progress) {
    case Progress::going:
        return;
    case Progress::done:
        survey_ = reader_.take();
        survey_.unseenNat = asksForTranslation(survey_) && maybeLegacyNat();
        withoutNat_ = asksForTranslation(survey_) && !survey_.unseenNat;
        tellUnread();
        judged_ = 0;
        shadows_.shadows.clear();
        phase_ = Phase::judging;
        return;
    case Progress::failed:
        log_.text().debug("cannot look for what shadows the rules: " + reader_.error().message());
        [[fallthrough]];
    case Progress::interrupted:
        lastChange_ = Clock::now();
        firstChange_ = firstChange_.value_or(lastChange_);
        phase_ = Phase::resting;
        return;
    }
}

void Surveyor::judge()
{
    if (auto shadow = shadowOf(rules_[judged_], survey_))
        shadows_.shadows.push_back(*std::move(shadow));
    if (++judged_ < rules_.size())
        return;
    survey_ = {};
    phase_ = Phase::resting;
    found_(shadows_);
}

void Surveyor::rest()
{
    notBefore_ = Clock::now() + spent_ * restingShare;
    if (firstChange_)
        next_.arm(due());
}

/// Its rules are unknown: that it exists is enough.
bool Surveyor::maybeLegacyNat()
{
    return std::ranges::any_of(std::array{Family::ip, Family::ip6}, [this](Family family) {
        const xtables::LiveTables tables = legacyTables_.read(family);
        if (const auto* const names = std::get_if<std::vector<std::string>>(&tables))
            return std::ranges::find(*names, "nat") != names->end();
        return std::get<xtables::Unavailable>(tables).error.value() != ENOPROTOOPT;
    });
}

void Surveyor::tellUnread()
{
    std::string unread;
    for (const SurveyedChain& chain : survey_.chains)
        if (chain.unread)
            unread += (unread.empty() ? "" : ", ") + toString(chain.chain);
    if (unread == unread_)
        return;
    unread_ = std::move(unread);
    if (!unread_.empty())
        log_.text().info(
            report::printable("too long to look there for what shadows the rules: " + unread_));
}

} // namespace fwdguard::daemon
