// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"
#include "sys/process_text.hpp"

#include <string>
#include <string_view>

using namespace fwdguard::sys;
using namespace std::string_view_literals;

TEST_CASE("the systemd unit is the innermost service or scope of the process's cgroup")
{
    struct Example {
        std::string_view cgroups;
        std::string_view unit; ///< empty: none
    };
    const auto example = GENERATE(
        Example{"0::/system.slice/docker.service\n", "docker.service"},
        Example{"0::/system.slice/docker-0123abcd.scope\n", "docker-0123abcd.scope"},
        Example{
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
            "cri-containerd-0123.scope\n",
            "cri-containerd-0123.scope"},
        Example{
            "0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:01\n",
            "containerd.service"},
        Example{"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"},
        Example{
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-vim.scope\n",
            "app-vim.scope"},
        Example{"0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service"},
        Example{"0::/init.scope\n", "init.scope"},
        Example{"0::/system.slice/cron.service (deleted)\n", "cron.service"},
        Example{"0::/system.slice/a\\x2db.service\n", "a\\x2db.service"},
        // Version 1, and both at once as systemd's hybrid layout has them.
        Example{"2:cpu:/\n1:name=systemd:/system.slice/docker.service\n", "docker.service"},
        Example{
            "9:name=systemd:/user.slice/user-0.slice/session-1.scope\n4:memory:/x.service\n0::/\n",
            "session-1.scope"},
        Example{
            "1:name=systemd:/system.slice/old.service\n0::/system.slice/new.service\n",
            "new.service"},
        // Nothing that systemd knows.
        Example{"0::/\n", ""},
        Example{"0::/docker/0123abcd\n", ""},
        Example{"4:memory:/system.slice/x.service\n0::/\n", ""},
        Example{"0::/.service/.scope\n", ""},
        Example{"0::/../..\n", ""},
        Example{"", ""},
        Example{"nonsense", ""},
        Example{"0:", ""});
    CAPTURE(example.cgroups);
    CHECK(unitOfCgroups(example.cgroups).value_or("") == example.unit);
}

TEST_CASE("the parent is field 4 of stat, whatever the process calls itself")
{
    CHECK(parentPidOfStat("4242 (iptables) S 77 4242 1 0") == 77U);
    CHECK(parentPidOfStat("4242 (a) R 1 (b)) S 77 4242") == 77U);
    CHECK(parentPidOfStat("4242 (x\n) y) Z 1 1") == 1U);
    CHECK(parentPidOfStat("1 (systemd) S 0 1 1") == std::nullopt);
    for (const auto* text :
         {"",
          "12",
          "12 (",
          "12 (x)",
          "12 (x) ",
          "12 (x) S",
          "12 (x) S -1 ",
          "12 (x) S 99999999999 "})
        CHECK(parentPidOfStat(text) == std::nullopt);
}

TEST_CASE("a thread's process is the Tgid of its status")
{
    CHECK(processIdOfStatus("Name:\tdockerd\nUmask:\t0022\nTgid:\t700\nPid:\t712\n") == 700U);
    CHECK(processIdOfStatus("Name:\tTgid:\t5\nPid:\t712\n") == std::nullopt);
    CHECK(processIdOfStatus("") == std::nullopt);
}

TEST_CASE("a command line is one printable line of bounded length")
{
    CHECK(commandLineOf("iptables\0-F\0FORWARD\0"sv) == "iptables -F FORWARD");
    CHECK(commandLineOf("a\0\0b\0"sv) == "a  b");
    CHECK(commandLineOf("x\n\x1b[31m\x7f\0"sv) == "x\\x0a\\x1b[31m\\x7f");
    CHECK(commandLineOf("sh\0-c\0caf\xc3\xa9\0"sv) == "sh -c caf\xc3\xa9");
    CHECK(commandLineOf("") == std::nullopt);
    CHECK(commandLineOf("\0\0"sv) == std::nullopt);

    const std::string longest(maxCommandLine, 'x');
    CHECK(commandLineOf(longest) == longest);
    const auto cut = commandLineOf(longest + 'y').value_or("");
    CHECK(cut.size() == maxCommandLine);
    CHECK(cut.ends_with("x..."));
    CHECK(commandLineOf(std::string(maxCommandLine, '\n')).value_or("").size() == maxCommandLine);
}
