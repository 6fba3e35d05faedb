// SPDX-License-Identifier: GPL-2.0-or-later
// The records below were taken from kernel 6.18 while iptables-legacy 1.8.9 ran.
#include "xtables/audit_record.hpp"

#include "support/catch.hpp"

#include <string>

using namespace fwdguard;
using namespace fwdguard::xtables;

namespace {

using Operation = TableAnnounced::Operation;

constexpr std::string_view replaced =
    R"(audit(1795442221.181:3): table=filter family=2 entries=4 op=xt_replace pid=31269 comm="iptables-legacy")";
constexpr std::string_view syscallOfIt =
    R"(audit(1795442221.181:3): arch=c000003e syscall=54 success=yes exit=0 a0=4 a1=0 a2=40 a3=557dcddfa980 items=0 ppid=31268 pid=31269 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="iptables-legacy" exe="/usr/sbin/xtables-legacy-multi" key=(null))";
constexpr std::string_view titleOfIt = "audit(1795442221.181:3): proctitle="
                                       "69707461626C65732D6C6567616379002D740066696C746572002D41004"
                                       "64F5257415244002D7000746370002D6A00414343455054";

template <class Content>
Content contentOf(std::uint16_t type, std::string_view text)
{
    const auto record = parseAuditRecord(type, text);
    REQUIRE(record);
    REQUIRE(std::holds_alternative<Content>(record->content));
    return std::get<Content>(record->content);
}

} // namespace

TEST_CASE("an audit record names the table that was replaced, and by whom")
{
    const auto record = parseAuditRecord(auditNetfilterConfig, replaced);
    REQUIRE(record);
    CHECK(record->serial == 3);
    CHECK(
        std::get<TableAnnounced>(record->content) == TableAnnounced{
                                                         .operation = Operation::replaced,
                                                         .table = {Family::ip, "filter"},
                                                         .committer = {31269, "iptables-legacy"}});
}

TEST_CASE("a table that comes to life, and one that goes, are announced too")
{
    CHECK(
        contentOf<TableAnnounced>(
            auditNetfilterConfig,
            R"(audit(1795442221.185:4): table=nat family=10 entries=0 op=xt_register pid=31270 comm="ip6tables-legac")") ==
        TableAnnounced{Operation::registered, {Family::ip6, "nat"}, {31270, "ip6tables-legac"}});
    CHECK(
        contentOf<TableAnnounced>(
            auditNetfilterConfig,
            R"(audit(1795442221.225:6): table=filter family=10 entries=4 op=xt_unregister pid=35 comm="rmmod")")
            .operation == Operation::unregistered);
}

TEST_CASE("a record of a system call gives parent, user, login user and program")
{
    const auto details = contentOf<SyscallDetails>(auditSyscall, syscallOfIt);
    CHECK(details.parentPid == 31268U);
    CHECK(details.uid == 0U);
    CHECK_FALSE(details.loginUid); // 4294967295: nobody logged in
    CHECK(details.exe == "/usr/sbin/xtables-legacy-multi");
}

TEST_CASE("a login user who became root is still the login user")
{
    const auto details = contentOf<SyscallDetails>(
        auditSyscall, "audit(1.2:3): ppid=7 auid=1000 uid=0 exe=2F746D702F6120622F697074");
    CHECK(details.loginUid == 1000U);
    CHECK(details.exe == "/tmp/a b/ipt");
}

TEST_CASE("a program that is unknown stays unknown")
{
    const auto details = contentOf<SyscallDetails>(auditSyscall, "audit(1.2:3): ppid=7 exe=(null)");
    CHECK_FALSE(details.exe);
    CHECK_FALSE(details.uid);
}

TEST_CASE("a command line is given back with its arguments joined by spaces")
{
    CHECK(
        contentOf<CommandLine>(auditProctitle, titleOfIt).text ==
        "iptables-legacy -t filter -A FORWARD -p tcp -j ACCEPT");
    CHECK(
        contentOf<CommandLine>(auditProctitle, R"(audit(1.2:3): proctitle="dockerd")").text ==
        "dockerd");
}

TEST_CASE("audit switched off is heard")
{
    const auto text = "audit(1795442221.989:8): op=set audit_enabled=0 old=1 auid=4294967295 "
                      "ses=4294967295 res=1";
    CHECK_FALSE(contentOf<AuditSwitched>(auditConfigChange, text).on);
    CHECK_FALSE(parseAuditRecord(
        auditConfigChange, "audit(1795442221.989:8): op=set audit_backlog_limit=64 old=64 res=1"));
}

TEST_CASE("a process name that the kernel wrote in hex is read")
{
    CHECK(
        contentOf<TableAnnounced>(
            auditNetfilterConfig,
            "audit(1.2:3): table=raw family=2 entries=4 op=xt_replace pid=9 comm=6120622063")
            .committer == Committer{9, "a b c"});
}

TEST_CASE("a process cannot forge a field through its name")
{
    // The kernel writes a name with a space as hex, so what looks like a field inside it is never
    // one.
    const auto announced = contentOf<TableAnnounced>(
        auditNetfilterConfig,
        "audit(1.2:3): table=filter family=2 entries=4 op=xt_replace pid=9 comm=78207069643D31");
    CHECK(announced.committer == Committer{9, "x pid=1"});
}

TEST_CASE("the end of a network namespace is nobody's change")
{
    CHECK_FALSE(parseAuditRecord(
        auditNetfilterConfig,
        R"(audit(1795442221.225:6): table=filter family=10 entries=4 op=xt_unregister pid=35 comm="kworker/u8:2")"));
}

TEST_CASE("records of no interest are passed over")
{
    CHECK_FALSE(parseAuditRecord(1320, "audit(1.2:3): "));
    CHECK_FALSE(parseAuditRecord(
        auditNetfilterConfig,
        R"(audit(1.2:3): table=filter:7 family=2 entries=1 op=nft_register_rule pid=9 comm="nft")"));
    CHECK_FALSE(parseAuditRecord(
        auditNetfilterConfig,
        R"(audit(1.2:3): table=filter family=7 entries=1 op=xt_replace pid=9 comm="ebtables")"));
}

TEST_CASE("a malformed record is passed over")
{
    for (const std::string_view text :
         {"",
          "audit",
          "audit(",
          "audit():",
          "audit(): ",
          "audit(1.2): table=filter family=2 op=xt_replace",
          "audit(1.2:x): table=filter family=2 op=xt_replace",
          "audit(1.2:3:4): table=filter family=2 op=xt_replace",
          "audit(1.2:99999999999999999999999): table=filter family=2 op=xt_replace",
          "audit(1.2:3): family=2 op=xt_replace",
          "audit(1.2:3): table= family=2 op=xt_replace",
          "audit(1.2:3): table=filter family=two op=xt_replace",
          "audit(1.2:3): table=filter family=2 op=xt_replac"}) {
        INFO(text);
        CHECK_FALSE(parseAuditRecord(auditNetfilterConfig, text));
    }
    CHECK_FALSE(parseAuditRecord(auditProctitle, "audit(1.2:3): proctitle=6"));
    CHECK_FALSE(parseAuditRecord(auditProctitle, "audit(1.2:3): proctitle=zz"));
    CHECK_FALSE(parseAuditRecord(auditProctitle, "audit(1.2:3): proctitle="));
}

TEST_CASE("a record cut anywhere is read or passed over, never misread")
{
    for (std::size_t length = 0; length < replaced.size(); ++length) {
        const auto record = parseAuditRecord(auditNetfilterConfig, replaced.substr(0, length));
        if (!record)
            continue;
        INFO(replaced.substr(0, length));
        CHECK(std::get<TableAnnounced>(record->content).table == TableId{Family::ip, "filter"});
    }
    for (std::size_t length = 0; length < syscallOfIt.size(); ++length)
        (void)parseAuditRecord(auditSyscall, syscallOfIt.substr(0, length));
    for (std::size_t length = 0; length < titleOfIt.size(); ++length)
        (void)parseAuditRecord(auditProctitle, titleOfIt.substr(0, length));
}
