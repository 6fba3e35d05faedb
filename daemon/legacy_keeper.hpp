// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/merge.hpp"
#include "core/status.hpp"
#include "host_kernel.hpp"
#include "report/log.hpp"
#include "report/status_json.hpp"
#include "sys/event_loop.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard::daemon {

/// Wakes the daemon for legacy tables, by events or by the clock, and tells what an administrator
/// should know of them. Does nothing while nobody wants legacy tables.
class LegacyKeeper {
  public:
    /// `onChange` is called when somebody changed a legacy table, `announce` with words for the
    /// bus. Owns neither loop, log nor kernel; all must outlive it.
    LegacyKeeper(
        sys::EventLoop& loop,
        report::Log& log,
        HostKernel& kernel,
        std::function<void()> onChange,
        std::function<void(const std::string& text)> announce);

    /// From now on, legacy tables are wanted or not, and watched so.
    void declare(bool wanted, const config::LegacyOptions& options);

    /// The daemon is awake anyway: looks whether a table has come into being, where nothing tells.
    void seek();

    /// Tells what of these matters has changed: how tables are watched, chains in both backends, a
    /// lock that was held too long. Plans the next look at the clock.
    void tell(const Status& status);

    /// How changes are noticed, as last told; nullopt: nobody wants to know.
    [[nodiscard]] const std::optional<report::LegacyWatch>& watch() const { return watch_; }

  private:
    [[nodiscard]] bool heard();
    void hear();
    void enableAudit();
    void tellWatch();
    void tellMixed(const std::vector<ChainId>& mixed);
    void tellLock();
    void rearm();

    sys::EventLoop& loop_;
    report::Log& log_;
    HostKernel& kernel_;
    std::function<void()> onChange_;
    std::function<void(const std::string&)> announce_;
    bool wanted_ = false;
    sys::Timer poll_;
    std::optional<report::LegacyWatch> watch_;
    std::vector<ChainId> toldMixed_;
    std::optional<std::uint32_t> toldLock_;
};

} // namespace fwdguard::daemon
