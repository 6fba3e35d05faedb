// SPDX-License-Identifier: GPL-2.0-or-later
// What callers on D-Bus may ask for.
#include "clocks.hpp"
#include "daemon.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fwdguard::daemon {

/// Everybody may ask, as often as they like, and no repair is made while we read: what is read for
/// them takes a twentieth of the time at most, unless they would have to wait for longer than
/// fwd-guardctl does.
void Daemon::readForCallers()
{
    constexpr std::chrono::milliseconds freshFor{200};
    constexpr std::chrono::seconds longest{5};
    const Instant begun = std::chrono::steady_clock::now();
    feed(CheckRequested{});
    reporter_.show(guard_.status());
    const Instant done = std::chrono::steady_clock::now();
    readForCallersAt_ =
        done + std::clamp<Instant::duration>(20 * (done - begun), freshFor, longest);
}

/// Counters move without anybody announcing it.
void Daemon::refresh()
{
    if (std::chrono::steady_clock::now() >= readForCallersAt_)
        readForCallers();
}

std::string Daemon::statusText()
{
    return reporter_.text();
}

void Daemon::check()
{
    checks_.arm(readForCallersAt_);
}

void Daemon::answerChecks()
{
    refresh(); // unless somebody else has asked for that just now
    bus_.checked(guard_.allInPlace(flows_.rulesThatMayWait()) && flows_.allInPlace());
}

std::vector<std::string> Daemon::idsOf(const std::string& rule) const
{
    if (rule == "all")
        return {{}};
    if (guard_.knows(rule))
        return {rule};
    if (std::optional<std::vector<std::string>> ids = flows_.ruleIdsOf(rule))
        return *std::move(ids);
    std::string known;
    for (const RuleStatus& status : guard_.status().rules)
        known += (known.empty() ? "" : ", ") + status.key.id;
    throw bus::CommandError(
        bus::CommandError::Kind::noSuchRule,
        "no rule \"" + rule + "\"; declared: " + (known.empty() ? "none" : known) + "; or \"all\"");
}

void Daemon::hold(const std::string& rule, std::chrono::seconds duration)
{
    std::optional<Instant> until;
    if (duration.count() > 0)
        until = std::chrono::steady_clock::now() + duration;
    for (const std::string& id : idsOf(rule))
        feed(HoldRequested{.id = id, .until = until});
    holds_.save(guard_.holds(), readClocks());
}

void Daemon::release(const std::string& rule)
{
    for (const std::string& id : idsOf(rule))
        feed(ReleaseRequested{.id = id});
    holds_.save(guard_.holds(), readClocks());
}

/// As if the loop itself had called it: the service manager starts anew what is half done.
void Daemon::failed(std::exception_ptr failure) noexcept
{
    loop_.fail(std::move(failure));
}

} // namespace fwdguard::daemon
