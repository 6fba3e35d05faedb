// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/service.hpp"
#include "core/reporter.hpp"
#include "report/log.hpp"
#include "report/status_json.hpp"
#include "sys/event_loop.hpp"
#include "sys/service_manager.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace fwdguard::daemon {

/// Tells everybody: the journal, the bus, the service manager.
class HostReporter final : public Reporter {
  public:
    using Context = std::function<report::StatusContext()>;

    /// Adds to a status what the guard does not know.
    using Complete = std::function<void(Status& status)>;

    /// Owns none of these; they must outlive it.
    HostReporter(
        sys::EventLoop& loop,
        report::Log& log,
        bus::Service& bus,
        sys::ServiceManager& manager,
        Context context,
        Complete complete);

    /// Tells the rest, whatever ends the daemon.
    ~HostReporter() override;
    HostReporter(const HostReporter&) = delete;
    HostReporter& operator=(const HostReporter&) = delete;
    HostReporter(HostReporter&&) = delete;
    HostReporter& operator=(HostReporter&&) = delete;

    /// Keeps it until it is told: the next repair must not wait for that either.
    void report(const Report& report) override;

    /// Tells the oldest of what was reported; false: there is nothing more.
    bool tellNext();

    /// Shows the status a little later, together with those that follow soon: putting it into words
    /// costs more than a repair, and the next repair must not wait for it.
    void publish(const Status& status) override;

    /// Shows this status now.
    void show(const Status& known);

    /// What was shown last, as JSON. Making it costs more than all the rest of showing: for who
    /// asks.
    [[nodiscard]] const std::string& text();

    /// One line for `systemctl status`: what was published last.
    [[nodiscard]] const std::string& summary() const { return summary_; }

  private:
    void tell(const Report& report);
    void showWaiting();

    report::Log& log_;
    bus::Service& bus_;
    sys::ServiceManager& manager_;
    Context context_;
    Complete complete_;
    std::deque<Report> untold_;
    std::optional<Status> waiting_;
    Status shown_;
    std::string text_; ///< of shown_; empty: nobody has asked yet
    sys::Timer due_;
    std::string summary_;
};

} // namespace fwdguard::daemon
