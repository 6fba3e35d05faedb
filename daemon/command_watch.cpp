// SPDX-License-Identifier: GPL-2.0-or-later
#include "command_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fwdguard::daemon {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Twice what `iptables` takes from its start to its commit, on a slow machine.
constexpr milliseconds atMost{2};

/// A fiftieth of a processor. Saved up it is enough for the commands of a Docker restart.
constexpr milliseconds saved{60};
constexpr int oneIn = 50;

/// Less than a command takes to its commit or to its end.
constexpr microseconds leastOfCommand{200};

/// What it takes to be told of a load, in kernel and event loop.
constexpr microseconds toBeTold{50};

} // namespace

CommandWatch::CommandWatch(
    sys::EventLoop& loop,
    const std::filesystem::path& library,
    std::function<void()> rehearse,
    std::function<bool()> glance)
    : rehearse_(std::move(rehearse)), glance_(std::move(glance)), allowance_(saved, oneIn),
      loads_(loop, library, [this](bool beside) { loaded(beside); }),
      resume_(loop.addTimer([this] { loads_.resume(); }))
{
}

void CommandWatch::committed()
{
    committed_ = Clock::now();
}

void CommandWatch::loaded(bool beside)
{
    const Instant begun = Clock::now();
    // On our own processor the command would not get any further, and its commit wakes us at once.
    // Who has just committed was loaded before that.
    bool awake = beside && begun - committed_ > leastOfCommand && !glance_();
    if (awake)
        rehearse_();
    while (awake && !glance_()) {
        const Instant::duration spent = Clock::now() - begun;
        // On an overlayfs the library is let go of as soon as it is mapped.
        awake = spent < atMost && !(loads_.ended() && spent > leastOfCommand);
    }
    // What took longer than that was a repair, or a rehearsal, that slept for a lock.
    const Instant now = Clock::now();
    allowance_.spend(now, std::min<Instant::duration>(now - begun, atMost) + toBeTold);
    if (allowance_.left(now) >= atMost)
        return;
    loads_.pause();
    resume_.arm(allowance_.at(atMost + toBeTold));
}

} // namespace fwdguard::daemon
