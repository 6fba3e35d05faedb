// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/process_lookup.hpp"
#include "unit/sys/child.hpp"
#include "unit/sys/scratch.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include <unistd.h>

#include <sys/prctl.h>
#include <sys/wait.h>

using namespace fwdguard;
using namespace std::string_view_literals;
using sys::ProcessLookup;

namespace {

/// A /proc with `iptables` (4242), run by dockerd (700).
struct FakeProc {
    explicit FakeProc(const std::string& pidNamespace = "pid:[4026531836]")
    {
        std::filesystem::create_directories(scratch.path() / "self/ns");
        std::filesystem::create_symlink(pidNamespace, scratch.path() / "self/ns/pid");
        scratch.write("4242/comm", "iptables\n");
        scratch.write("4242/status", "Name:\tiptables\nTgid:\t4242\nPid:\t4242\n");
        scratch.write("4242/stat", "4242 (iptables) S 700 4242 1 0 -1\n");
        scratch.write("4242/cmdline", "iptables\0--wait\0-F\0"sv);
        scratch.write("4242/cgroup", "0::/system.slice/docker.service\n");
        std::filesystem::create_symlink("/usr/sbin/xtables-nft-multi", scratch.path() / "4242/exe");
        scratch.write("700/comm", "dockerd\n");
    }

    [[nodiscard]] Cause identify(std::uint32_t pid, const std::string& comm) const
    {
        return ProcessLookup(scratch.path()).identify({.pid = pid, .comm = comm});
    }

    void remove(const char* name) const { std::filesystem::remove_all(scratch.path() / name); }

    test::Scratch scratch;
};

Cause onlyAnnounced(std::uint32_t pid, std::string comm)
{
    return {.pid = pid, .comm = std::move(comm)};
}

std::string ownComm()
{
    std::string comm;
    std::getline(std::ifstream("/proc/self/comm"), comm);
    return comm;
}

} // namespace

TEST_CASE("a process that is still there is known with its program, arguments, parent and unit")
{
    const FakeProc proc;
    CHECK(
        proc.identify(4242, "iptables") ==
        Cause{
            .pid = 4242,
            .comm = "iptables",
            .exe = "/usr/sbin/xtables-nft-multi",
            .cmdline = "iptables --wait -F",
            .parent = ParentProcess{.pid = 700, .comm = "dockerd"},
            .unit = "docker.service"});
}

TEST_CASE("a pid that was used again, or is gone, adds nothing to what the kernel announced")
{
    const FakeProc proc;
    CHECK(proc.identify(4242, "nft") == onlyAnnounced(4242, "nft"));
    CHECK(proc.identify(4243, "iptables") == onlyAnnounced(4243, "iptables"));
}

TEST_CASE("in another pid namespace the announced pid means somebody else and is not looked up")
{
    const FakeProc proc("pid:[4026532999]");
    CHECK(proc.identify(4242, "iptables") == onlyAnnounced(4242, "iptables"));
    CHECK_FALSE(ProcessLookup(proc.scratch.path()).seesAnnouncedPids());
    CHECK_FALSE(ProcessLookup(proc.scratch.path() / "none").seesAnnouncedPids());
}

TEST_CASE("what may not or cannot be read is absent, the rest is there")
{
    const FakeProc proc;
    proc.remove("4242/exe");
    proc.remove("4242/cmdline");
    proc.remove("700");
    const Cause cause = proc.identify(4242, "iptables");
    CHECK(cause.exe == std::nullopt);
    CHECK(cause.cmdline == std::nullopt);
    CHECK(cause.parent == std::nullopt);
    CHECK(cause.unit == "docker.service");
}

TEST_CASE("a thread is reported as the process that it belongs to")
{
    const FakeProc proc;
    proc.scratch.write("4242/status", "Name:\tiptables\nTgid:\t4240\nPid:\t4242\n");
    CHECK(proc.identify(4242, "iptables").pid == 4240U);
}

TEST_CASE("a real process and a real thread are found in the real /proc")
{
    const ProcessLookup lookup;
    if (!lookup.seesAnnouncedPids()) {
        WARN("SKIPPED: not in the initial pid namespace");
        return;
    }
    const auto self = static_cast<std::uint32_t>(::getpid());
    Cause cause = lookup.identify({.pid = self, .comm = ownComm()});
    CHECK(cause.pid == self);
    CHECK(cause.exe == std::filesystem::read_symlink("/proc/self/exe").string());
    REQUIRE(cause.parent);
    CHECK(cause.parent->pid == static_cast<std::uint32_t>(::getppid()));

    std::thread([&] {
        ::prctl(PR_SET_NAME, "worker) S 1 (");
        cause = lookup.identify(
            {.pid = static_cast<std::uint32_t>(::gettid()), .comm = "worker) S 1 ("});
    }).join();
    CHECK(cause.pid == self);
    REQUIRE(cause.parent);
    CHECK(cause.parent->pid == static_cast<std::uint32_t>(::getppid()));
}

TEST_CASE("a process that has ended but was not waited for yet still has a parent")
{
    const ProcessLookup lookup;
    if (!lookup.seesAnnouncedPids()) {
        WARN("SKIPPED: not in the initial pid namespace");
        return;
    }
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(0);
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
    const Cause cause =
        lookup.identify({.pid = static_cast<std::uint32_t>(child), .comm = ownComm()});
    ::waitpid(child, nullptr, 0);
    CHECK(cause.exe == std::nullopt);
    CHECK(cause.cmdline == std::nullopt);
    REQUIRE(cause.parent);
    CHECK(cause.parent->pid == static_cast<std::uint32_t>(::getpid()));
}
