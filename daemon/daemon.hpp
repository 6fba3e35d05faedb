// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/commands.hpp"
#include "bus/service.hpp"
#include "command_watch.hpp"
#include "configuration.hpp"
#include "core/driver.hpp"
#include "flow_keeper.hpp"
#include "hold_keeper.hpp"
#include "host_kernel.hpp"
#include "legacy_keeper.hpp"
#include "options.hpp"
#include "report/log.hpp"
#include "reporter.hpp"
#include "surveyor.hpp"
#include "sys/event_loop.hpp"
#include "sys/file_watch.hpp"
#include "sys/service_manager.hpp"

#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard::daemon {

/// The guard in its surroundings: everything that can wake it, and everything it talks to, on one
/// event loop in one thread.
class Daemon final : private bus::Commands {
  public:
    /// Subscribes; changes nothing yet. Throws std::system_error and ConfigurationError.
    /// `audit`: opened in the initial network namespace.
    Daemon(const Options& options, report::Log& log, xtables::AuditStream audit);

    /// Guards until told to stop; returns the exit status.
    [[nodiscard]] int run();

  private:
    // What D-Bus callers may ask for.
    void refresh() override;
    std::string statusText() override;
    void check() override;
    void reload() override;
    void hold(const std::string& rule, std::chrono::seconds duration) override;
    void release(const std::string& rule) override;
    void failed(std::exception_ptr failure) noexcept override;

    void addSources();
    [[nodiscard]] bool announced();
    [[nodiscard]] bool glance();
    void attend();
    void changed();
    void feed(const Fact& fact);
    void legacyChanged();
    void surveyed(const ShadowsFound& found);
    void declare(const Declaration& declaration);
    void rearm();
    void searchOn();
    void readForCallers();
    void answerChecks();
    void filesChanged();
    void tryReload();
    void flowsChanged();
    void tellFlow(const Flow& flow, const FlowLack& lack);
    void stop(int signo);
    [[nodiscard]] bool removeRest();
    void busChanged(bool connected, const std::string& why);
    void tellConfiguration();
    /// The rules that a command means: one, those of a flow, or all by the empty id.
    [[nodiscard]] std::vector<std::string> idsOf(const std::string& rule) const;
    [[nodiscard]] report::StatusContext statusContext() const;

    report::Log& log_;
    Configuration configuration_;
    std::optional<std::string> configError_;
    bool busSeen_ = false;
    Instant readForCallersAt_{}; ///< not before
    sys::EventLoop loop_;
    HostKernel kernel_;
    FlowKeeper flows_;
    HoldKeeper holds_;
    Guard guard_;
    bus::Service bus_;
    sys::ServiceManager manager_;
    HostReporter reporter_;
    Driver driver_;
    Surveyor surveyor_;
    LegacyKeeper legacy_;
    sys::Timer wake_;
    sys::Timer checks_;
    sys::Timer search_;
    sys::FileWatch files_;
    CommandWatch commands_;
    std::vector<sys::Source> sources_;
};

} // namespace fwdguard::daemon
