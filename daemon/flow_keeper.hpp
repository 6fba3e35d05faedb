// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "configuration.hpp"
#include "core/flow_status.hpp"
#include "core/kernel.hpp"
#include "flow_host_reader.hpp"
#include "nft/own_table.hpp"
#include "sys/event_loop.hpp"
#include "sys/link_watch.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard::daemon {

/// The flows of the configuration and what this host makes of them. Looks at the host when told of
/// a configuration, and a while after something may have changed: no repair waits for it.
class FlowKeeper {
  public:
    /// `onChange` is called when a flow means something else than before, `tell` with each flow
    /// whose lack is another. The kernel must outlive this.
    FlowKeeper(
        sys::EventLoop& loop,
        Kernel& kernel,
        std::function<void()> onChange,
        std::function<void(const Flow& flow, const FlowLack& lack)> tell);

    /// What the guard is to hold: the configuration's rules and behind them those of its flows on
    /// this host as it is now. Writes our own table.
    [[nodiscard]] Declaration declare(const Configuration& configuration);

    /// The declaration anew, for the flows as they are known.
    [[nodiscard]] Declaration declaration() const;

    /// Something of the host may have changed.
    void suspect();

    /// Tells what the host lacks, of each flow that was told something else before.
    void tellLacks();

    void addTo(Status& status) const { addFlows(status, flows_); }

    /// The rules that a flow expanded to; nullopt when there is no flow of this id.
    [[nodiscard]] std::optional<std::vector<std::string>> ruleIdsOf(const std::string& flow) const;

    /// The ids of rules that flows can do without while their chain is not there.
    [[nodiscard]] std::vector<std::string> rulesThatMayWait() const;

    /// True when no flow lacks anything but its rules.
    [[nodiscard]] bool allInPlace() const;

  private:
    void look();
    /// Expands all flows; whether anything is different now.
    [[nodiscard]] bool expandAll();
    void writeMarks();

    sys::EventLoop& loop_;
    FlowHostReader hostReader_;
    std::function<void()> onChange_;
    std::function<void(const Flow&, const FlowLack&)> tell_;
    Declaration declared_;
    std::filesystem::path dockerFile_;
    BackendChoice backend_ = BackendChoice::automatic; ///< of the flows' rules
    FlowHost host_;
    std::vector<ExpandedFlow> flows_;
    std::map<std::string, FlowLack> told_; ///< by flow id
    std::vector<MarkRule> marks_;
    std::optional<std::string> markError_;
    std::optional<nft::OwnTable> table_;  ///< none before the first mark
    std::optional<sys::LinkWatch> links_; ///< none without flows
    bool suspected_ = false;
    sys::Timer due_;
    sys::Timer retry_; ///< of our own table: of its own, that nothing else waits for it
};

} // namespace fwdguard::daemon
