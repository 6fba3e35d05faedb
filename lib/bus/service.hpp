// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/commands.hpp"
#include "bus/connection.hpp"
#include "bus/manager_object.hpp"
#include "bus/properties.hpp"
#include "bus/rule_object.hpp"
#include "bus/timer.hpp"
#include "core/incident.hpp"
#include "core/status.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard::bus {

/// The guard on the system bus: org.fwdguard1 with its objects, as org.fwdguard1.xml describes
/// them. Runs inside an sd-event loop and never blocks it. Without a bus everything here can still
/// be called; what is published is shown when the bus comes.
class Service final : private Connection::Listener {
  public:
    /// What it needs from others.
    struct Surroundings {
        std::string version{};
        IncidentText incidentText{};
        /// Whether something else cannot wait: what changed is then announced, and who asked for
        /// a check answered, a little later.
        std::function<bool()> urgent{};
        /// Hears once when the name is ours, once when it is not, and why; must not throw.
        ConnectionChanged onChange{};
    };

    /// `commands` must outlive this. Throws std::system_error.
    Service(sd_event* event, Commands& commands, Surroundings surroundings);
    ~Service() override;

    /// Shows this state. The first call starts the connection: objects first, then the bus name.
    /// `configError` is why the last reload was refused, or empty.
    void publish(const Status& status, const std::string& configError);

    /// Answers all who have asked Commands for a check.
    void checked(bool allInPlace) noexcept;

    /// Emits Repaired; `message` is the incident in words. Lost when there is no bus.
    void repaired(const Incident& incident, const std::string& message);

    /// Emits StateChanged; an empty `rule` is the guard itself. Lost when there is no bus.
    void stateChanged(const std::string& rule, std::string_view state, const std::string& detail);

    /// Whether the bus name is ours.
    [[nodiscard]] bool connected() const { return connection_.named(); }

  private:
    struct Rule {
        RuleView view;
        std::unique_ptr<RuleObject> object; ///< none while there is no bus
    };
    using Rules = std::map<std::string, Rule>; ///< by object path; nodes stay where they are

    void connected(const shim::Opened& opened) override;
    void disconnected() noexcept override;

    template <class Function>
    void attempt(const Function& function);
    void removeOthers(const std::vector<std::string>& paths);
    void updateRules(const std::vector<std::string>& paths, const std::vector<RuleStatus>& rules);
    void addObject(const std::string& path, Rule& rule);
    void announceChanges();
    void announceRules();
    bool answerCallers() noexcept;
    void goOn();

    Commands& commands_;
    IncidentText incidentText_;
    std::function<bool()> urgent_;
    ManagerView view_;
    Rules rules_;
    bool started_ = false;
    Timer goOn_; ///< with what could not be announced or answered yet
    sdbus::IConnection* bus_ = nullptr;
    std::unique_ptr<ManagerObject> manager_;
    Connection connection_; ///< last: its end lets go of the objects above
};

} // namespace fwdguard::bus
