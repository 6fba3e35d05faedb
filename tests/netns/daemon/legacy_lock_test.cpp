// SPDX-License-Identifier: GPL-2.0-or-later
// Another process holds the xtables lock.
#include "netns/daemon/legacy_host.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <sys/file.h>

using namespace fwdguard::test;

namespace {

/// Whether a process is asleep because another one has locked a file.
bool waitsForLock(pid_t pid)
{
    return run("grep -q -- '-> FLOCK .* " + std::to_string(pid) + " ' /proc/locks").status == 0;
}

/// Holds the xtables lock as another process would, while it lives.
class HeldLock {
  public:
    explicit HeldLock(const std::filesystem::path& lock)
        : fd_(::open(lock.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600))
    {
        REQUIRE(::flock(fd_, LOCK_EX) == 0);
    }
    HeldLock(const HeldLock&) = delete;
    HeldLock& operator=(const HeldLock&) = delete;
    ~HeldLock() { ::close(fd_); }

  private:
    int fd_;
};

} // namespace

TEST_CASE(
    "a lock that is held for ever is told with the pid of who holds it, and keeps only legacy "
    "repairs waiting, which are made as soon as it is free")
{
    if (legacyMissing())
        return;
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    must("iptables-nft -P FORWARD DROP");
    const DaemonProcess& daemon = host.start(R"("pacing":{"burst":1000},)" + polling);
    std::optional<HeldLock> held{std::in_place, host.lock()};
    host.legacyUnderAnotherLock("-F");
    CHECK(daemon.logged(
        "the xtables lock is held by pid " + std::to_string(::getpid()) +
        "; a repair waits for it"));

    // It waited once. Who waited again and again, each time for longer, would next try 1.5 s after
    // this.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    bool waited = false;
    bool back = true;
    while (std::chrono::steady_clock::now() < end) {
        must("nft flush chain ip filter FORWARD");
        back &= eventually([&] {
            waited |= waitsForLock(daemon.pid());
            return must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n" + guardedRule;
        });
    }
    CHECK_FALSE(waited);
    CHECK(back);
    const auto freed = std::chrono::steady_clock::now();
    held.reset();
    CHECK(daemon.logged("r: deleted from ip filter FORWARD (legacy)"));
    CHECK(std::chrono::steady_clock::now() - freed < std::chrono::seconds(1));
    CHECK(host.legacy("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule);
    CHECK(daemon.log().find("the kernel refuses it") == std::string::npos);
}

TEST_CASE("with on_stop \"remove\" the end waits for the lock, and says what it could not remove")
{
    if (legacyMissing())
        return;
    const bool freedInTime = GENERATE(true, false);
    LegacyHost host;
    host.legacy("-P FORWARD DROP");
    must("iptables-nft -P FORWARD DROP");
    DaemonProcess& daemon = host.start(R"("on_stop":"remove",)" + polling);
    std::optional<HeldLock> held{std::in_place, host.lock()};
    daemon.signal(SIGTERM);
    // What nobody locks is gone at once.
    CHECK(eventually(
        [] { return must("iptables-nft -S FORWARD 2>/dev/null") == "-P FORWARD DROP\n"; }));
    CHECK(host.legacyUnderAnotherLock("-S FORWARD") == "-P FORWARD DROP\n" + guardedRule);
    CHECK(daemon.log().find("stopping") == std::string::npos);
    if (freedInTime)
        held.reset();
    CHECK(daemon.exitStatus() == 0);
    CHECK(
        host.legacyUnderAnotherLock("-S FORWARD") ==
        "-P FORWARD DROP\n" + (freedInTime ? "" : guardedRule));
    CHECK(daemon.logged(
        freedInTime ? "stopping: asked to; the rules are removed"
                    : "stopping: asked to; not all rules could be removed, the others stay"));
}
