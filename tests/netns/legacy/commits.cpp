// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"
#include "support/catch.hpp"
#include "support/plan.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include <sys/wait.h>

using namespace fwdguard;
using fwdguard::test::insertRule;
using namespace fwdguard::legacy;
using namespace std::chrono_literals;

namespace {

std::string tagged(const std::string& interface, const std::string& id)
{
    return "-A FORWARD -i " + interface + " -m comment --comment \"fwd-guard:" + id +
           "\" -j ACCEPT";
}

std::string foreign(int number)
{
    return "-A FORWARD -s 192.0.2." + std::to_string(number) + "/32 -j DROP";
}

void addForeign(int count)
{
    for (int number = 1; number <= count; ++number)
        sh("iptables-legacy " + foreign(number));
}

InsertRule insertion(const std::string& id, const std::string& interface, Placement place)
{
    return insertRule(forward, {id, Family::ip}, acceptFrom(interface), {}, place);
}

bool committed(const CommitResult& result)
{
    return std::holds_alternative<Committed>(result);
}

} // namespace

TEST_CASE("steps go where they say, counted in the snapshot's handles")
{
    const Namespace inside;
    addForeign(3);
    sh("iptables-legacy -I FORWARD 2 -m comment --comment fwd-guard:old -j ACCEPT");
    auto backend = pollingBackend();
    const auto snapshot = look(backend, forward);
    const Handle second = snapshot.rules[2].handle;
    const Plan plan{
        insertion("first", "a", AtHead{}),
        DeleteRule{forward, {"old", Family::ip}, snapshot.rules[1].handle},
        insertion("before2", "b", Before{second}),
        insertion("again", "c", Before{second}),
        insertion("last", "d", AtTail{}),
        insertion("very-last", "e", AtTail{}),
        insertion("head", "f", AtHead{}),
    };
    REQUIRE(committed(backend.commit(plan, snapshot.generation)));
    CHECK(
        rulesOf(forward) == std::vector<std::string>{
                                tagged("f", "head"),
                                tagged("a", "first"),
                                foreign(1),
                                tagged("b", "before2"),
                                tagged("c", "again"),
                                foreign(2),
                                foreign(3),
                                tagged("d", "last"),
                                tagged("e", "very-last")});
}

TEST_CASE("a repaired rule starts from the plan's counters and others keep theirs")
{
    const Namespace inside;
    sh("iptables-legacy-restore -c <<'E'\n*filter\n"
       ":INPUT ACCEPT [1:2]\n:FORWARD DROP [3:4]\n:OUTPUT ACCEPT [5:6]\n"
       "[7:8] -A FORWARD -s 192.0.2.1/32 -j DROP\nCOMMIT\nE");
    auto backend = pollingBackend();
    const auto snapshot = look(backend, forward);
    InsertRule step = insertion("r", "a", AtHead{});
    step.counters = {4'294'967'296, 99};
    REQUIRE(committed(backend.commit({step}, snapshot.generation)));
    const std::string saved = sh("iptables-legacy-save -c");
    CHECK(saved.find("[4294967296:99] " + tagged("a", "r")) != std::string::npos);
    CHECK(saved.find("[7:8] " + foreign(1)) != std::string::npos);
    CHECK(saved.find(":FORWARD DROP [3:4]") != std::string::npos);
}

TEST_CASE("a policy is put back and only it")
{
    const Namespace inside;
    addForeign(2);
    sh("iptables-legacy -P FORWARD DROP");
    auto backend = pollingBackend();
    const auto snapshot = look(backend, forward);
    const Plan plan{SetPolicy{forward, {"p", Family::ip}, Policy::accept}};
    REQUIRE(committed(backend.commit(plan, snapshot.generation)));
    CHECK(look(backend, forward).policy == Policy::accept);
    CHECK(sh("iptables-legacy -S FORWARD").starts_with("-P FORWARD ACCEPT\n"));
    CHECK(rulesOf(forward) == std::vector<std::string>{foreign(1), foreign(2)});
}

TEST_CASE("a plan made for a table that somebody changed since is stale and changes nothing")
{
    for (const char* const change :
         {"-A FORWARD -j DROP",
          "-P FORWARD DROP",
          "-N NEW",
          "-A INPUT -j ACCEPT",
          "-R FORWARD 1 -s 192.0.2.9/32 -j DROP",
          "-F"}) {
        INFO(change);
        const Namespace inside;
        addForeign(1);
        auto backend = pollingBackend();
        const auto snapshot = look(backend, forward);
        sh(std::string{"iptables-legacy "} + change);
        const std::string before = sh("iptables-legacy-save | grep -v '^#'");
        const Plan plan{insertion("r", "a", AtHead{})};
        CHECK(std::holds_alternative<Stale>(backend.commit(plan, snapshot.generation)));
        CHECK(sh("iptables-legacy-save | grep -v '^#'") == before);
        CHECK(committed(backend.commit(plan, look(backend, forward).generation)));
    }
}

TEST_CASE("counters that count on do not make a plan stale")
{
    const Namespace inside;
    sh("ip link set lo up; iptables-legacy -A OUTPUT -d 127.0.0.1 -j ACCEPT");
    const ChainId output{Family::ip, "filter", "OUTPUT"};
    auto backend = pollingBackend();
    const auto snapshot = look(backend, output);
    sh("echo x > /dev/udp/127.0.0.1/9 || bash -c 'echo x > /dev/udp/127.0.0.1/9'");
    REQUIRE(
        sh("iptables-legacy -L OUTPUT -vnx").find("       0        0 ACCEPT") == std::string::npos);
    const Plan plan{insertRule(output, {"r", Family::ip}, {}, {}, AtTail{})};
    CHECK(committed(backend.commit(plan, snapshot.generation)));
}

TEST_CASE("without a generation, a rule named by its handle is still not mistaken for another")
{
    const Namespace inside;
    addForeign(1);
    sh("iptables-legacy -I FORWARD -m comment --comment fwd-guard:r -j ACCEPT");
    auto backend = pollingBackend();
    const auto snapshot = look(backend, forward);
    sh("iptables-legacy -D FORWARD 1");
    const Plan deletion{DeleteRule{forward, {"r", Family::ip}, snapshot.rules[0].handle}};
    CHECK(std::holds_alternative<Stale>(backend.commit(deletion, std::nullopt)));
    CHECK(rulesOf(forward) == std::vector<std::string>{foreign(1)});
    CHECK(committed(backend.commit({insertion("r", "a", AtHead{})}, std::nullopt)));
}

TEST_CASE("no rule without the step's own tag is deleted, whatever handle the plan gives")
{
    const Namespace inside;
    addForeign(2);
    sh("iptables-legacy -A FORWARD -m comment --comment fwd-guard:another -j ACCEPT");
    auto backend = pollingBackend();
    const auto snapshot = look(backend, forward);
    for (const std::uint64_t handle : {0U, 1U, 2U, 3U, 4U})
        CHECK(std::holds_alternative<Stale>(backend.commit(
            {DeleteRule{forward, {"r", Family::ip}, Handle{handle}}}, snapshot.generation)));
    CHECK(rulesOf(forward).size() == 3);
}

TEST_CASE("a plan that cannot be expressed is refused with its step, whole")
{
    const Namespace inside;
    addForeign(1);
    auto backend = pollingBackend();
    const auto snapshot = look(backend, forward);
    const auto jump =
        insertRule(forward, {"r", Family::ip}, {{}, {Verdict::Kind::jump, "NOT-THERE"}});
    const auto result = backend.commit({insertion("ok", "b", AtHead{}), jump}, snapshot.generation);
    REQUIRE(std::holds_alternative<CommitFailed>(result));
    CHECK(std::get<CommitFailed>(result).step == 1U);
    CHECK(std::get<CommitFailed>(result).error == std::errc::no_such_file_or_directory);
    CHECK(rulesOf(forward).size() == 1);
}

TEST_CASE("what the kernel refuses is a failure, and nothing is applied")
{
    const Namespace inside;
    // Two chains that jump to each other are a loop, which the kernel does not take.
    sh("iptables-legacy -N A; iptables-legacy -N B; iptables-legacy -A A -j B; "
       "iptables-legacy -A FORWARD -j A");
    const ChainId b{Family::ip, "filter", "B"};
    auto backend = pollingBackend();
    const auto snapshot = look(backend, b);
    const Plan plan{
        insertRule(b, {"r", Family::ip}, {{}, {Verdict::Kind::jump, "A"}}, {}, AtHead{})};
    const auto result = backend.commit(plan, snapshot.generation);
    REQUIRE(std::holds_alternative<CommitFailed>(result));
    CHECK(std::get<CommitFailed>(result).error == std::errc::too_many_symbolic_link_levels);
    CHECK(rulesOf(b).empty());
    CHECK_FALSE(backend.changes().foreign());
}

TEST_CASE("a lock that another process holds for ever is reported with its pid, then taken")
{
    const Namespace inside;
    addForeign(1);
    xtables::BackendOptions options;
    options.lockWait = 30ms;
    xtables::Backend backend{options, {}};
    REQUIRE(options.lockFile == inside.lockFile());
    const auto snapshot = look(backend, forward);
    const Plan plan{insertion("r", "a", AtHead{})};

    // The shell holds the lock itself, through its descriptor 9.
    const std::string script = "exec 9<" + inside.lockFile().string() + "; flock -x 9; echo > " +
                               inside.lockFile().string() + ".held; exec sleep 60";
    const pid_t holder = ::fork();
    if (holder == 0) {
        ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
        ::_exit(127);
    }
    const std::string held = inside.lockFile().string() + ".held";
    while (!std::filesystem::exists(held))
        ::usleep(1000);
    const auto result = backend.commit(plan, snapshot.generation);
    const auto seen = backend.lockHolder();
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
    std::filesystem::remove(held);

    REQUIRE(std::holds_alternative<Locked>(result));
    // The lock was taken by flock(1), a child of the shell, and stays with the open file.
    CHECK(seen.has_value());
    CHECK(rulesOf(forward).size() == 1);
    CHECK(committed(backend.commit(plan, snapshot.generation)));
    CHECK_FALSE(backend.lockHolder());
}

TEST_CASE("a plan over several tables and both families is carried out in each")
{
    const Namespace inside;
    const ChainId raw{Family::ip, "raw", "PREROUTING"};
    sh("iptables-legacy -t raw -L -n; iptables-legacy -L -n; ip6tables-legacy -L -n");
    auto backend = pollingBackend();
    (void)look(backend, forward);
    (void)look(backend, forward6);
    const auto generation = look(backend, raw).generation;
    const Plan plan{
        insertion("r", "a", AtHead{}),
        insertRule(raw, {"r", Family::ip}, acceptFrom("a"), {}, AtHead{}),
        insertRule(forward6, {"r", Family::ip6}, acceptFrom("a"), {}, AtHead{})};
    REQUIRE(committed(backend.commit(plan, generation)));
    CHECK(rulesOf(forward).size() == 1);
    CHECK(rulesOf(raw).size() == 1);
    CHECK(rulesOf(forward6).size() == 1);
    CHECK_FALSE(backend.changes().foreign());
}

TEST_CASE("a table that grew behind the lock's back is not replaced, and read again it is")
{
    const Namespace inside;
    addForeign(1);
    xtables::TableLists lists;
    auto opened = xtables::openTable(lists, {Family::ip, "filter"});
    auto& table = *std::get<std::unique_ptr<xtables::Table>>(opened);
    REQUIRE_FALSE(table.setPolicy("FORWARD", Policy::drop));
    sh("iptables-legacy " + foreign(2));
    CHECK(table.commit() == std::errc::resource_unavailable_try_again);
    CHECK(rulesOf(forward) == std::vector<std::string>{foreign(1), foreign(2)});

    // What a backend makes of it is Stale; the guard reads again and decides again.
    auto again = xtables::openTable(lists, {Family::ip, "filter"});
    auto& fresh = *std::get<std::unique_ptr<xtables::Table>>(again);
    REQUIRE_FALSE(fresh.setPolicy("FORWARD", Policy::drop));
    CHECK_FALSE(fresh.commit());
    CHECK(sh("iptables-legacy -S FORWARD").starts_with("-P FORWARD DROP\n" + foreign(1)));
}
