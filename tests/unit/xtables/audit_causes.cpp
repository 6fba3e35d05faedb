// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/audit_causes.hpp"

#include "support/catch.hpp"

using namespace fwdguard;
using namespace fwdguard::xtables;

TEST_CASE("records of one system call become one cause")
{
    AuditCauses causes;
    const Committer iptables{31269, "iptables-legacy"};
    causes.open(3, iptables);
    causes.add(3, SyscallDetails{31268, 0, 1000, "/usr/sbin/xtables-legacy-multi"});
    causes.add(3, CommandLine{"iptables-legacy -F FORWARD"});

    const auto cause = causes.find(iptables);
    REQUIRE(cause);
    CHECK(cause->cause.pid == 31269U);
    CHECK(cause->cause.comm == "iptables-legacy");
    CHECK(cause->cause.exe == "/usr/sbin/xtables-legacy-multi");
    CHECK(cause->cause.cmdline == "iptables-legacy -F FORWARD");
    CHECK(cause->cause.parent == ParentProcess{31268, ""});
    CHECK_FALSE(cause->cause.unit);
    CHECK(cause->uid == 0U);
    CHECK(cause->loginUid == 1000U);
}

TEST_CASE("details of another system call do not mix in")
{
    AuditCauses causes;
    causes.open(3, {1, "a"});
    causes.add(4, CommandLine{"b"});
    const auto cause = causes.find({1, "a"});
    REQUIRE(cause);
    CHECK_FALSE(cause->cause.cmdline);
    CHECK_FALSE(causes.find({2, "b"}));
}

TEST_CASE("the newest cause counts when a pid comes again")
{
    AuditCauses causes;
    causes.open(3, {1, "iptables"});
    causes.add(3, CommandLine{"iptables -N X"});
    causes.open(4, {1, "iptables"});
    causes.add(4, CommandLine{"iptables -F"});
    CHECK(causes.find({1, "iptables"})->cause.cmdline == "iptables -F");
}

TEST_CASE("only the newest causes are kept")
{
    AuditCauses causes;
    for (std::uint32_t pid = 1; pid <= AuditCauses::capacity + 1; ++pid)
        causes.open(pid, {pid, "iptables"});
    CHECK_FALSE(causes.find({1, "iptables"}));
    CHECK(causes.find({2, "iptables"}));
    causes.add(1, CommandLine{"too late"});
    CHECK_FALSE(causes.find({1, "iptables"}));
}
