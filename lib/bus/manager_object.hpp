// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bus/authority.hpp"
#include "bus/commands.hpp"
#include "bus/properties.hpp"
#include "bus/sdbus_shim.hpp"

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <fwdguard1_adaptor.hpp>

namespace fwdguard::bus {

/// What the Manager object shows; kept by the Service across connections.
struct ManagerView {
    std::string version;
    ManagerProperties properties{};
    std::vector<std::string> ruleIds{}; ///< of rules, then of flows, each once
};

/// /org/fwdguard1 on one connection. Must not outlive the view, the commands and the connection.
class ManagerObject final : public sdbus::AdaptorInterfaces<org::fwdguard1::Manager_adaptor> {
  public:
    /// Hears of a reply that the bus did not take, and why. Must not throw.
    using Undeliverable = std::function<void(const std::string& why)>;

    /// Throws sdbus::Error.
    ManagerObject(
        const shim::Opened& opened,
        Commands& commands,
        const ManagerView& view,
        Undeliverable undeliverable);
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;
    ~ManagerObject();

    /// Emits PropertiesChanged for what differs from the last announcement, if anything does.
    void announceChanges();

    /// What to answer all who have asked for a check.
    void checked(bool allInPlace) noexcept;

    /// Answers the next of them; false: there is none.
    bool answerNext() noexcept;

  private:
    void GetStatus(sdbus::Result<std::string>&& result) override;
    void Check(sdbus::Result<bool>&& result) override;
    void Reload(sdbus::Result<>&& result) override;
    void Hold(sdbus::Result<>&& result, std::string rule, std::uint64_t seconds) override;
    void Release(sdbus::Result<>&& result, std::string rule) override;

    std::string Version() override { return view_.version; }
    std::string State() override { return view_.properties.state; }
    std::uint32_t Generation() override { return view_.properties.generation; }
    std::uint64_t Repairs() override { return view_.properties.repairs; }
    std::uint64_t Overruns() override { return view_.properties.overruns; }
    std::uint64_t Missed() override { return view_.properties.missed; }
    std::string ConfigError() override { return view_.properties.configError; }

    /// Replies with what the command returns, or with the error that it throws.
    template <class... Results, class Command>
    void replyTo(const sdbus::Result<Results...>& result, const Command& command) noexcept;

    /// Runs the command if the caller may, and replies either way.
    void authorized(sdbus::Result<>&& result, std::function<void()> command);

    Commands& commands_;
    const ManagerView& view_;
    Undeliverable undeliverable_;
    ManagerProperties announced_;
    std::vector<sdbus::Result<bool>> checks_; ///< asked for since the last one
    struct Answer {
        sdbus::Result<bool> result;
        bool allInPlace = false;
    };
    std::deque<Answer> answers_; ///< not given yet
    Authority authority_;
};

} // namespace fwdguard::bus
