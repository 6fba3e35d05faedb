// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/unique_fd.hpp"

#include <filesystem>

namespace fwdguard::xtables {

/// Hears when somebody lets go of the xtables lock's file (inotify(7)), which every program that
/// writes legacy tables under the lock does when it has written. Says neither who nor whether
/// anything was changed, and costs nothing while nobody does.
class LockWatch {
  public:
    /// Throws std::system_error when the kernel has no inotify left for us.
    LockWatch();

    /// Readable when somebody did.
    [[nodiscard]] int fd() const { return inotify_.get(); }

    /// Watches this file from now on; again when it was watched already or is another one now.
    /// Creates it as iptables does when it is not there. Where it may not be read, nothing is
    /// heard.
    void watch(const std::filesystem::path& path) const;

    /// Takes what there is to hear; true when there was something.
    bool take() const;

  private:
    UniqueFd inotify_;
};

} // namespace fwdguard::xtables
