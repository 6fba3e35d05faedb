// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/facts.hpp"
#include "nft/survey_reader.hpp"
#include "report/log.hpp"
#include "sys/event_loop.hpp"
#include "xtables/live_tables.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fwdguard::daemon {

/// Looks for what shadows the declared rules, whenever the ruleset has come to rest. Works in small
/// steps behind everything else on the loop, so that no repair waits for it, and rests between two
/// surveys for as long as keeps it below a hundredth of one CPU.
class Surveyor {
  public:
    using Found = std::function<void(const ShadowsFound&)>;

    /// Opens its socket in the current network namespace; throws std::system_error. Owns neither
    /// loop nor log; both must outlive it.
    Surveyor(sys::EventLoop& loop, report::Log& log, Found found);

    /// These rules are declared from now on.
    void declare(std::vector<DeclaredRule> rules);

    /// Something was committed.
    void changed();

    /// The daemon is awake anyway: looks whether a legacy table has come into being that the last
    /// survey would have heeded, since nothing tells of it.
    void seek();

  private:
    enum class Phase : std::uint8_t { resting, reading, judging };

    void turn();
    void begin();
    void judge();
    void rest();
    void progressed(nft::SurveyReader::Progress progress);
    void tellUnread();
    [[nodiscard]] bool maybeLegacyNat();
    [[nodiscard]] Instant due() const;

    report::Log& log_;
    Found found_;
    nft::SurveyReader reader_;
    xtables::TableLists legacyTables_;
    sys::Timer next_;
    std::vector<DeclaredRule> rules_;
    Phase phase_ = Phase::resting;
    std::optional<Instant> firstChange_; ///< since the last survey began
    Instant lastChange_{};
    Instant notBefore_{};
    std::chrono::nanoseconds spent_{}; ///< on the survey under way
    Survey survey_;
    std::size_t judged_ = 0;
    ShadowsFound shadows_;
    bool withoutNat_ = false; ///< the last survey: a rule asked for what legacy nat would have done
    std::string unread_;      ///< what was told of it last
};

} // namespace fwdguard::daemon
