// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/walk.hpp"

#include "model/walk/draw.hpp"
#include "model/walk/field.hpp"

#include <algorithm>

namespace fwdguard::walk {

using namespace std::chrono_literals;

Walk::Walk(Firewall& firewall, bool impatient) : firewall_(firewall), impatient_(impatient)
{
    commit(foreigner_.begin(), false);
    restart();
}

void Walk::restart()
{
    const std::vector<HoldRequested> holds =
        guard_ == nullptr ? std::vector<HoldRequested>{} : guard_->holds();
    guard_ = std::make_unique<Guard>(declarationOf(variant_, impatient_));
    driver_ = std::make_unique<Driver>(*guard_, kernel_, recorder_, [this] { return now_; });
    recorder_.reports.clear();
    driver_->handle(Started{holds});
}

void Walk::commit(const std::vector<Transaction>& transactions, bool heard)
{
    for (const Transaction& transaction : transactions) {
        firewall_.commit(transaction);
        for (const Change& change : transaction.changes)
            owners_.apply(change);
        if (heard)
            driver_->announced();
    }
}

void Walk::step(const Step& step)
{
    now_.instant += 1ms;
    std::erase_if(recorder_.reports, [](const Report& report) {
        return !std::holds_alternative<RetiredLeft>(report); // which holds until the next reload
    });
    commit(foreigner_.act(step), step.number % 3 == 0);
    if (step.number % 3 == 1)
        static_cast<void>(driver_->glance());
    request(step);
    trouble(step);
}

void Walk::request(const Step& step)
{
    Draw draw{step.number};
    switch (step.kind) {
    case Step::Kind::hold: {
        HoldRequested hold{.id = draw.of(allIds())};
        if (draw.oneIn(2))
            hold.until = now_.instant + 20s;
        driver_->handle(hold);
        break;
    }
    case Step::Kind::release:
        driver_->handle(ReleaseRequested{.id = draw.oneIn(3) ? "" : draw.of(allIds())});
        break;
    case Step::Kind::reload:
        variant_ = static_cast<unsigned>(draw.below(declarations));
        recorder_.reports.clear();
        driver_->handle(Reloaded{declarationOf(variant_, impatient_)});
        break;
    case Step::Kind::restart:
        restart();
        break;
    case Step::Kind::check:
        driver_->handle(CheckRequested{});
        break;
    case Step::Kind::wait:
        now_.instant += std::chrono::seconds{draw.below(90)};
        wakeIfDue();
        break;
    case Step::Kind::hear:
        driver_->announced();
        break;
    default:
        break;
    }
}

void Walk::trouble(const Step& step)
{
    Draw draw{step.number};
    switch (step.kind) {
    case Step::Kind::race:
        kernel_.interfere = [this, step] { commit(foreigner_.interfere(step), false); };
        // Often enough at times that the guard gives the generation check up.
        kernel_.races = draw.oneIn(4) ? 1 + static_cast<int>(draw.below(20)) : 1;
        break;
    case Step::Kind::unreadable:
        kernel_.failSnapshots = 1 + static_cast<int>(step.number % 5);
        break;
    case Step::Kind::lose:
        kernel_.loseAnnouncements = !kernel_.loseAnnouncements;
        break;
    default:
        break;
    }
}

void Walk::wakeIfDue()
{
    const std::optional<Instant> due = driver_->wakeAt();
    if (due && *due <= now_.instant)
        driver_->handle(Woke{});
}

bool Walk::settled() const
{
    const ManagerState state = guard_->status().state;
    return state == ManagerState::guarding;
}

std::string Walk::quiet()
{
    kernel_.failSnapshots = 0;
    kernel_.loseAnnouncements = false;
    driver_->handle(ReleaseRequested{.id = {}});
    driver_->announced();
    // With a contest on, all it takes is that nobody does anything for a while.
    for (int i = 0; i < 200 && !settled(); ++i) {
        const std::optional<Instant> due = driver_->wakeAt();
        if (!due)
            break;
        now_.instant = std::max(now_.instant, *due);
        driver_->handle(Woke{});
    }
    if (kernel_.undecided > 0)
        return "what was prepared is not what the guard decided";
    return judge_.verdict(
        declarationOf(variant_, impatient_),
        recorder_.all<RetiredLeft>(),
        owners_,
        firewall_.list(),
        guard_->status());
}

} // namespace fwdguard::walk
