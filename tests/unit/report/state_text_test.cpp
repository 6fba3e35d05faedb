// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/daemon_messages.hpp"
#include "report/message.hpp"
#include "support/catch.hpp"
#include "unit/report/samples.hpp"

#include <system_error>

using namespace fwdguard;
using namespace fwdguard::report;

namespace {

RuleStateChanged change(RuleState from, RuleState to, std::string detail = {})
{
    return {
        .key = test::toDocker,
        .chain = test::forward,
        .from = from,
        .to = to,
        .detail = std::move(detail)};
}

struct Said {
    MessageKind kind;
    std::string text;
    bool operator==(const Said&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Said& said)
{
    return out << static_cast<int>(said.kind) << ' ' << said.text;
}

Said said(const Report& report)
{
    const Message message = messageOf(report);
    CHECK(message.text == textOf(report));
    CHECK(message.fields == fieldsOf(report));
    return {message.kind, message.text};
}

Said said(const Message& message)
{
    return {message.kind, message.text};
}

} // namespace

TEST_CASE("each change of a rule's state is one sentence")
{
    using S = RuleState;
    using K = MessageKind;
    CHECK(
        said(change(S::waiting, S::inPlace)) ==
        Said{K::inPlace, "to-docker0: in place in ip filter FORWARD"});
    CHECK(
        said(change(S::waiting, S::waiting, "no chain FORWARD")) ==
        Said{K::waiting, "to-docker0: waiting for ip filter FORWARD (no chain FORWARD)"});
    CHECK(
        said(change(S::inPlace, S::failed, "Operation not supported")) ==
        Said{
            K::failed,
            "to-docker0: the kernel refuses it in ip filter FORWARD: Operation not supported; "
            "trying again"});
    CHECK(
        said(change(S::inPlace, S::shadowed, "policy drop of inet firewalld filter_FORWARD")) ==
        Said{
            K::shadowed,
            "to-docker0: in place in ip filter FORWARD, but its traffic is dropped all the same "
            "(policy drop of inet firewalld filter_FORWARD)"});
    CHECK(
        said(change(S::shadowed, S::inPlace)) ==
        Said{K::inPlace, "to-docker0: no longer shadowed; in place in ip filter FORWARD"});
    CHECK(
        said(change(S::inPlace, S::held, "deleted")) ==
        Said{K::held, "to-docker0: held: repairs in ip filter FORWARD are paused (deleted)"});
    CHECK(
        said(change(S::held, S::inPlace)) ==
        Said{K::released, "to-docker0: released; in place in ip filter FORWARD"});
    CHECK(
        said(change(S::held, S::repairing, "deleted")) ==
        Said{K::released, "to-docker0: released; repair in ip filter FORWARD under way (deleted)"});
    CHECK(
        said(change(S::inPlace, S::repairing)) ==
        Said{K::damaged, "to-docker0: repair in ip filter FORWARD under way"});
    CHECK(
        said(change(S::contested, S::inPlace)) ==
        Said{K::contestOver, "to-docker0: no longer contested; in place in ip filter FORWARD"});
}

TEST_CASE("trouble keeps its own message, whatever came before it")
{
    using S = RuleState;
    CHECK(kindOf(change(S::held, S::failed)) == MessageKind::failed);
    CHECK(kindOf(change(S::held, S::contested)) == MessageKind::contested);
    CHECK(kindOf(change(S::contested, S::waiting)) == MessageKind::waiting);
    CHECK(kindOf(change(S::contested, S::held)) == MessageKind::held);
}

TEST_CASE("a contest names the opponent as far as it is known")
{
    RuleStateChanged contest = change(RuleState::inPlace, RuleState::contested, "deleted");
    const std::string start =
        "to-docker0: contested: repairs in ip filter FORWARD are undone again and again by ";
    CHECK(
        said(contest) ==
        Said{MessageKind::contested, start + "an unknown process; the next ones wait"});
    contest.opponent = {.comm = "kube-router", .unit = "kube-router.service"};
    CHECK(said(contest).text == start + "kube-router (kube-router.service); the next ones wait");
}

TEST_CASE("what concerns no single rule is a sentence, too")
{
    using K = MessageKind;
    CHECK(
        said(Overrun{.total = 1}) ==
        Said{
            K::overrun,
            "the kernel dropped announcements (1 time so far); all guarded chains are read again"});
    CHECK(said(Overrun{.total = 3}).text.find("(3 times so far)") != std::string::npos);
    CHECK(
        said(RetiredRemoved{.key = {.id = "old"}, .chain = test::forward}) ==
        Said{
            K::retiredRemoved,
            "old: removed from ip filter FORWARD, for it is not declared any more"});
    CHECK(
        said(RetiredLeft{
            .key = {.id = "old"},
            .chain = test::forward,
            .opponent = {.pid = 77, .comm = "fwd-guard"}}) ==
        Said{
            K::retiredLeft,
            "old: not declared, but put back into ip filter FORWARD by fwd-guard (pid 77) each "
            "time "
            "it is removed, as a second fwd-guard would do; from now on it is left alone"});
    CHECK(
        said(RetiredRefused{
            .key = {.id = "old"},
            .chain = test::forward,
            .error = std::make_error_code(std::errc::operation_not_permitted)}) ==
        Said{
            K::retiredRefused,
            "old: not declared, but the kernel refuses to take it out of ip filter FORWARD: "
            "Operation not permitted; trying again"});
    CHECK(
        said(ReadFailed{
            .chain = test::forward, .error = std::make_error_code(std::errc::no_buffer_space)}) ==
        Said{
            K::readFailed,
            "cannot read ip filter FORWARD: No buffer space available; trying again"});
}

TEST_CASE("the daemon says of itself what an administrator has to know")
{
    using K = MessageKind;
    CHECK(
        said(started("0.1.0", 2, 0, "nf_tables")) ==
        Said{K::started, "fwd-guard 0.1.0 guards 2 rules (nf_tables)"});
    CHECK(
        said(started("0.1.0", 1, 2, "nf_tables")).text ==
        "fwd-guard 0.1.0 guards 1 rule, 2 flows (nf_tables)");
    CHECK(
        said(stopping("SIGTERM", RulesAtStop::kept)) ==
        Said{K::stopping, "stopping: SIGTERM; the rules stay, unguarded"});
    CHECK(said(stopping("", RulesAtStop::removed)).text == "stopping; the rules are removed");
    CHECK(
        said(stopping("", RulesAtStop::left)).text ==
        "stopping; not all rules could be removed, the others stay, unguarded");
    CHECK(
        said(configurationLoaded("/etc/fwd-guard/fwd-guard.json", 1, 0)) ==
        Said{
            K::configurationLoaded,
            "configuration loaded from /etc/fwd-guard/fwd-guard.json: 1 rule"});
    CHECK(
        said(configurationLoaded("", 2, 0)).text ==
        "configuration loaded from the built-in default: 2 rules");
    CHECK(
        said(configurationLoaded("/c.json", 0, 1)).text ==
        "configuration loaded from /c.json: 0 rules, 1 flow");
    CHECK(
        said(configurationRefused("/etc/x.json", "/etc/x.json: /rules/0/table: found 7")) ==
        Said{
            K::configurationRefused,
            "configuration refused, the one before stays in force: /etc/x.json: /rules/0/table: "
            "found 7"});
    CHECK(
        said(filterFallback("no announcement within 1 s")) ==
        Said{
            K::filterFallback,
            "announcements do not pass the kernel-side filter, going on without it: no "
            "announcement within 1 s"});
    CHECK(said(gaveUp("no rights")) == Said{K::gaveUp, "no rights"});
    CHECK(
        said(busLost("Connection refused")) ==
        Said{
            K::busLost, "no connection to D-Bus, guarding goes on without it: Connection refused"});
    CHECK(said(busBack()) == Said{K::busBack, "connected to D-Bus again"});
    CHECK(
        said(configurationWarning("c.json: /rules/0: accepts every packet")) ==
        Said{K::configurationWarning, "c.json: /rules/0: accepts every packet"});
}

TEST_CASE("what there is to know of legacy tables is told, with what would help")
{
    using K = MessageKind;
    CHECK(
        said(lockHeld(4242)) ==
        Said{K::lockHeld, "the xtables lock is held by pid 4242; a repair waits for it"});
    CHECK(lockHeld(4242).fields.back() == Field{"FWDGUARD_CAUSE_PID", "4242"});
    CHECK(
        said(lockHeld(0)) ==
        Said{
            K::lockHeld,
            "the xtables lock is held by a process that cannot be seen; a repair waits for it"});
    CHECK(
        said(legacyWatched({.mode = "polling", .reason = "it is off", .remedy = "auditctl"})) ==
        Said{K::legacyWatched, "legacy tables: polling: it is off; events need auditctl"});
    CHECK(
        said(legacyWatched(
            {.mode = "polling", .reason = "it is off", .remedy = "auditctl", .fault = true})) ==
        Said{
            K::eventsMissing,
            "legacy tables: polling, not as the configuration says: it is off; events need "
            "auditctl"});
    CHECK(said(legacyWatched({.mode = "audit"})).text == "legacy tables: audit");
    CHECK(
        said(legacyWatched({.mode = "unavailable", .reason = "none", .remedy = "root"})).text ==
        "legacy tables: unavailable: none; needs root");
    CHECK(
        said(mixed({test::forward})) ==
        Said{
            K::mixed,
            "in nf_tables and in legacy tables at once: ip filter FORWARD; a packet passes through "
            "both, a drop in either kills it"});
    CHECK(
        said(auditSwitchedOn({})).text ==
        "the kernel's audit switched on for the whole host, as the configuration says");
    CHECK(
        said(auditSwitchedOn(std::make_error_code(std::errc::operation_not_permitted))).text ==
        "the kernel's audit cannot be switched on: Operation not permitted");
}
