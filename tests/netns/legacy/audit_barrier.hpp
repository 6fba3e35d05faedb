// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/unique_fd.hpp"

namespace fwdguard::legacy {

/// Tells when the audit stream has brought all that has happened: its records come from a thread of
/// the kernel, some time after what they tell of.
class AuditBarrier {
  public:
    /// In the initial network namespace; throws std::system_error where the stream cannot be
    /// joined.
    AuditBarrier();

    /// Returns when every record that the kernel has made until now has reached every listener.
    /// Needs the kernel's audit on.
    void pass();

  private:
    xtables::UniqueFd socket_;
    unsigned passed_ = 0;
};

} // namespace fwdguard::legacy
