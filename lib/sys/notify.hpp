// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

/// Messages to the service manager (sd_notify(3)). Without one ($NOTIFY_SOCKET) they do nothing; a
/// failed delivery is not reported, for there is nothing to be done about it.
namespace fwdguard::sys {

/// Start-up or a reload is done. `status` is one line for `systemctl status`.
void notifyReady(std::string_view status);

/// A reload begins. Carries the time that Type=notify-reload wants.
void notifyReloading();

void notifyStopping();

/// Unlike the others, which matter to the service manager, this one never waits for it: while it
/// does not read, false is returned and nothing is sent.
[[nodiscard]] bool notifyStatus(std::string_view status);

} // namespace fwdguard::sys
