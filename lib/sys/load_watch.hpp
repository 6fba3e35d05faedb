// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "sys/event_loop.hpp"
#include "sys/owned_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace fwdguard::sys {

/// Tells when programs load a shared library (inotify(7)), which they do before anything else. It
/// is seen by the file: who brings a copy of his own, as containers do, loads another one.
class LoadWatch {
  public:
    /// Calls back when something was done with the library. `beside`: it was opened, and read by
    /// the time that we were told, or right then, so on another processor than ours, on which we
    /// come in between. Where the system has no inotify to spare nothing is told; where the library
    /// is not there, none before a resume() that finds it.
    LoadWatch(
        EventLoop& loop, std::filesystem::path library, std::function<void(bool beside)> onLoad);

    /// Whether somebody who had loaded the library has ended since the last time we were told or
    /// asked this, or, where it is on an overlayfs, has loaded it whole.
    [[nodiscard]] bool ended();

    /// Everybody may open a library as often as he likes. What happens during a pause is not told.
    void pause();
    void resume();

  private:
    void watch();
    [[nodiscard]] std::uint32_t read();
    void told();

    std::filesystem::path library_;
    std::function<void(bool beside)> onLoad_;
    OwnedFd inotify_;
    int id_ = -1; ///< of the one watch
    Source readable_;
};

} // namespace fwdguard::sys
