// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fwdguard::test {

/// A folder of its own that goes with the object.
class Scratch {
  public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes as editors do: a new file renamed over the old one.
    std::filesystem::path write(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path path_;
};

/// The real fwd-guard in the current network namespace, with the service manager's end of
/// sd_notify. Killed with the object unless it has ended.
class DaemonProcess {
  public:
    using Environment = std::map<std::string, std::string>;

    /// To run it with a library in front of the C library; sanitizers want to be the first.
    [[nodiscard]] static Environment preloading(const std::string& library);

    /// `arguments` without the program's name. Lock, log and notify socket live in `scratch`, which
    /// must outlive this. `command`: what to run with the arguments, if it is not just the daemon.
    DaemonProcess(
        const Scratch& scratch,
        const std::vector<std::string>& arguments,
        const Environment& environment = {},
        const std::vector<std::string>& command = {FWDGUARD_DAEMON});
    ~DaemonProcess();
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;

    /// Waits for a notification that contains the text; false after 10 s without.
    [[nodiscard]] bool notified(const std::string& text);

    /// Sends the service manager as much as it can hold unread; who tells it more, waits.
    void fillNotifications() const;

    /// Waits until the log contains the text; false after 10 s without.
    [[nodiscard]] bool logged(const std::string& text) const;
    [[nodiscard]] std::string log() const;

    void signal(int signo) const;

    /// Waits for the end; nullopt after 10 s, or when a signal ended it.
    [[nodiscard]] std::optional<int> exitStatus();

    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    std::filesystem::path log_;
    int notify_ = -1;
    pid_t pid_ = -1;
    bool ended_ = false;
};

/// Asks every few milliseconds until the answer is yes; false after 10 s of no.
template <class Question>
[[nodiscard]] bool eventually(Question question);

/// Sleeps a few milliseconds: the pause between two questions.
void pause();

template <class Question>
bool eventually(Question question)
{
    const auto giveUp = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < giveUp) {
        if (question())
            return true;
        pause();
    }
    return false;
}

} // namespace fwdguard::test
