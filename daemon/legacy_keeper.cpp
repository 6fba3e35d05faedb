// SPDX-License-Identifier: GPL-2.0-or-later
#include "legacy_keeper.hpp"

#include "report/daemon_messages.hpp"
#include "xtables/audit_socket.hpp"

#include <cstdint>
#include <utility>

namespace fwdguard::daemon {

LegacyKeeper::LegacyKeeper(
    sys::EventLoop& loop,
    report::Log& log,
    HostKernel& kernel,
    std::function<void()> onChange,
    std::function<void(const std::string& text)> announce)
    : loop_(loop), log_(log), kernel_(kernel), onChange_(std::move(onChange)),
      announce_(std::move(announce)), poll_(loop.addTimer([this] { hear(); }))
{
}

void LegacyKeeper::declare(bool wanted, const config::LegacyOptions& options)
{
    kernel_.configure(options);
    if (wanted && !wanted_)
        loop_.addUrgent(kernel_.legacyFd(), [this] { return heard(); });
    else if (!wanted)
        loop_.dropUrgent(kernel_.legacyFd());
    wanted_ = wanted;
    if (!wanted_) {
        poll_.disarm();
        watch_.reset();
        return;
    }
    if (options.enableAudit)
        enableAudit();
    rearm();
}

/// The whole host's setting: changed only where the configuration says so, and never in silence.
void LegacyKeeper::enableAudit()
{
    std::error_code error;
    const std::optional<bool> enabled = xtables::auditEnabled(error);
    if (enabled == false)
        error = xtables::setAuditEnabled(true);
    if (enabled != true)
        log_.write(report::auditSwitchedOn(error));
    if (!error)
        kernel_.auditIsOn();
}

bool LegacyKeeper::heard()
{
    const std::uint64_t before = kernel_.taken();
    hear();
    return kernel_.taken() != before;
}

void LegacyKeeper::hear()
{
    if (kernel_.hearLegacy())
        onChange_();
    tellWatch();
    rearm();
}

void LegacyKeeper::seek()
{
    if (wanted_ && kernel_.seekingLegacy())
        hear();
}

void LegacyKeeper::rearm()
{
    if (const std::optional<Instant> at = wanted_ ? kernel_.legacyWakeAt() : std::nullopt)
        poll_.arm(*at);
    else
        poll_.disarm();
}

void LegacyKeeper::tell(const Status& status)
{
    tellWatch();
    tellMixed(status.mixed);
    tellLock();
    rearm();
}

void LegacyKeeper::tellWatch()
{
    std::optional<report::LegacyWatch> now;
    if (wanted_)
        now = kernel_.legacyWatch();
    if (now == watch_)
        return;
    watch_ = std::move(now);
    if (watch_ && watch_->mode != "waiting") // most hosts have none: no news
        log_.write(report::legacyWatched(*watch_));
}

void LegacyKeeper::tellMixed(const std::vector<ChainId>& mixed)
{
    if (mixed == toldMixed_)
        return;
    toldMixed_ = mixed;
    if (mixed.empty())
        return;
    const report::Message message = report::mixed(mixed);
    log_.write(message);
    announce_(message.text);
}

void LegacyKeeper::tellLock()
{
    const std::optional<std::uint32_t> holder = kernel_.lockHolder();
    if (holder == std::exchange(toldLock_, holder) || !holder)
        return;
    log_.write(report::lockHeld(*holder));
}

} // namespace fwdguard::daemon
