// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netns/daemon/daemon_process.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <sys/types.h>

namespace fwdguard::fire {

/// What an opponent and the test tell each other; shared memory.
struct Deeds {
    std::atomic<bool> peace{false};
    std::atomic<std::uint64_t> done{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::int64_t> longest{0}; ///< of all that were done, in microseconds
    std::atomic<pid_t> guard{0};          ///< of guardOtherwise(), as soon as it guards

    /// Does it, and keeps account of it; in any thread.
    void account(const std::function<bool()>& deed);
};

/// A process of its own in the current network namespace. Killed with the object unless it ended.
class Opponent {
  public:
    /// `act` returns soon after peace is made. `comm` is what the kernel calls the process.
    Opponent(const std::string& comm, const std::function<void(Deeds&)>& act);
    Opponent(const Opponent&) = delete;
    Opponent& operator=(const Opponent&) = delete;
    ~Opponent();

    [[nodiscard]] const Deeds& deeds() const { return *deeds_; }

    /// Makes peace and waits until it is kept; false after 10 s.
    [[nodiscard]] bool makePeace();

  private:
    Deeds* deeds_;
    pid_t pid_;
    bool ended_ = false;
};

/// Flushes FORWARD whenever anything happens to the ruleset.
void deleteOnEveryEvent(Deeds& deeds);

/// Takes its rule out and puts it to the head of FORWARD whenever somebody else did something.
void alwaysBeFirst(Deeds& deeds);

/// Felix with ChainInsertMode=Insert: looks every 20 ms, with iptables-save, whether its jump is
/// first, and if it is not, has iptables-restore --noflush put it there.
void insertLikeFelix(Deeds& deeds);

/// `iptables-restore < file`, 100 times a second, or as often as the machine can. Two at once: one
/// after the other takes longer than that.
void restoreAgainAndAgain(Deeds& deeds, const std::string& file);

/// A second fwd-guard, with this configuration, which lives in `scratch` until peace. Each time
/// that it takes a rule of ours for one of its own, and alters it, is a deed.
void guardOtherwise(Deeds& deeds, const test::Scratch& scratch, const std::string& configuration);

} // namespace fwdguard::fire
