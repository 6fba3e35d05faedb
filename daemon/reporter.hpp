// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/service.hpp"
#include "core/reporter.hpp"
#include "report/log.hpp"
#include "report/status_json.hpp"

#include <functional>
#include <string>

namespace fwdguard::daemon {

/// Tells everybody: the journal, the bus, the service manager.
class HostReporter final : public Reporter {
  public:
    using Context = std::function<report::StatusContext()>;

    /// Owns none of these; they must outlive it.
    HostReporter(report::Log& log, bus::Service& bus, Context context);

    void report(const Report& report) override;
    void publish(const Status& status) override;

    /// One line for `systemctl status`: what was published last.
    [[nodiscard]] const std::string& summary() const { return summary_; }

  private:
    report::Log& log_;
    bus::Service& bus_;
    Context context_;
    std::string summary_;
};

} // namespace fwdguard::daemon
