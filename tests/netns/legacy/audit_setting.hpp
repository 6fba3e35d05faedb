// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

namespace fwdguard::legacy {

/// Switches the kernel's audit on or off, and back to what it was when this ends, however it ends:
/// a child process waits for our end of a pipe to close and restores the setting.
class AuditSetting {
  public:
    /// Throws std::system_error where audit cannot be asked or set.
    explicit AuditSetting(bool on);
    AuditSetting(const AuditSetting&) = delete;
    AuditSetting& operator=(const AuditSetting&) = delete;
    AuditSetting(AuditSetting&&) = delete;
    AuditSetting& operator=(AuditSetting&&) = delete;
    /// Ends the program where the setting cannot be restored: nothing after it would count.
    ~AuditSetting();

  private:
    [[nodiscard]] bool restore() const;

    pid_t keeper_ = -1;
    int lifeline_ = -1; ///< closes with us
};

} // namespace fwdguard::legacy
