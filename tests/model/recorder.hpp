// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/reporter.hpp"

#include <optional>
#include <vector>

namespace fwdguard::model {

/// Keeps everything the driver reports.
class Recorder : public Reporter {
  public:
    void report(const Report& report) override { reports.push_back(report); }
    void publish(const Status& status) override { published = status; }

    /// All reports of one kind, oldest first.
    template <class Kind>
    [[nodiscard]] std::vector<Kind> all() const
    {
        std::vector<Kind> found;
        for (const Report& report : reports)
            if (const auto* one = std::get_if<Kind>(&report))
                found.push_back(*one);
        return found;
    }

    std::vector<Report> reports{};
    std::optional<Status> published{};
};

} // namespace fwdguard::model
