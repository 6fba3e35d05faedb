// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/allowance.hpp"
#include "sys/event_loop.hpp"
#include "sys/load_watch.hpp"

#include <filesystem>
#include <functional>

namespace fwdguard::daemon {

/// Stays awake while a command is about to commit.
///
/// A command that exits closes its netlink socket, and the kernel then keeps the lock that commits
/// need until an RCU grace period is over, 10 to 30 ms (the kernel's nft_rcv_nl_event()). That
/// comes some 30 us after the commit, sooner than a sleeper on an idle processor wakes up. But
/// every command loads libnftnl first, half a millisecond before.
class CommandWatch {
  public:
    /// `rehearse` is called once when a command is about to commit; `glance` then, again and again:
    /// it looks for something to do, as the awake do; true when it is over.
    CommandWatch(
        sys::EventLoop& loop,
        const std::filesystem::path& library,
        std::function<void()> rehearse,
        std::function<bool()> glance);

    /// Somebody has committed, which is what a command that was loaded before did.
    void committed();

  private:
    void loaded(bool beside);

    std::function<void()> rehearse_;
    std::function<bool()> glance_;
    Allowance allowance_;
    sys::LoadWatch loads_;
    sys::Timer resume_;
    Instant committed_{}; ///< by somebody, the last time
};

} // namespace fwdguard::daemon
