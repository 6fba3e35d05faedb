// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

namespace fwdguard::legacy {

/// Switches the kernel's audit on or off, and back to what it was when this ends, however it ends:
/// a child process waits for our end of a pipe to close and restores the setting. Skips the test
/// where audit cannot be set.
class AuditSetting {
  public:
    explicit AuditSetting(bool on);
    AuditSetting(const AuditSetting&) = delete;
    AuditSetting& operator=(const AuditSetting&) = delete;
    AuditSetting(AuditSetting&&) = delete;
    AuditSetting& operator=(AuditSetting&&) = delete;
    ~AuditSetting();

  private:
    pid_t keeper_ = -1;
    int lifeline_ = -1; ///< closes with us
};

} // namespace fwdguard::legacy
