// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/driver.hpp"
#include "model/recorder.hpp"
#include "model/walk/firewall.hpp"
#include "model/walk/foreigner.hpp"
#include "model/walk/judge.hpp"
#include "model/walk/owners.hpp"
#include "model/walk/steps.hpp"
#include "model/walk/troubled_kernel.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fwdguard::walk {

/// The real Guard and Driver on one firewall, in which nothing but the clock is pretended: others'
/// changes, faults, and the administrator's requests, one step after the other.
class Walk {
  public:
    Walk(Firewall& firewall, bool impatient);

    void step(const Step& step);

    /// Lets the guard come to rest; empty when all is as it should be then.
    [[nodiscard]] std::string quiet();

  private:
    void commit(const std::vector<Transaction>& transactions, bool heard);
    void request(const Step& step);
    void trouble(const Step& step);
    void restart();
    void wakeIfDue();
    [[nodiscard]] bool settled() const;

    Firewall& firewall_;
    TroubledKernel kernel_{firewall_.kernel()};
    bool impatient_;
    unsigned variant_ = 0;
    Owners owners_;
    Foreigner foreigner_{owners_};
    Judge judge_;
    model::Recorder recorder_;
    Now now_{.instant = Instant{std::chrono::hours{1}}, .wall = WallTime{}};
    std::unique_ptr<Guard> guard_;
    std::unique_ptr<Driver> driver_;
};

} // namespace fwdguard::walk
