// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sys/event_loop.hpp"
#include "sys/owned_fd.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fwdguard::sys {

/// Hears of network interfaces that come, go or are renamed in the current network namespace
/// (rtnetlink(7), RTMGRP_LINK).
class LinkWatch {
  public:
    /// `onChange` is told that something changed, not what. Throws std::system_error.
    LinkWatch(EventLoop& loop, std::function<void()> onChange);

  private:
    void read();

    std::function<void()> onChange_;
    OwnedFd socket_;
    Source readable_;
};

/// Whether the current network namespace has an interface of this name now.
[[nodiscard]] bool interfaceExists(const std::string& name);

/// The interfaces of the current network namespace whose names begin so.
[[nodiscard]] std::vector<std::string> interfacesWithPrefix(const std::string& prefix);

} // namespace fwdguard::sys
