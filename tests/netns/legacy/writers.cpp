// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"
#include "support/catch.hpp"
#include "support/plan.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include <sys/wait.h>

using namespace fwdguard;
using fwdguard::test::insertRule;
using namespace fwdguard::legacy;

namespace {

/// Starts `iptables-legacy -w -A FORWARD …` for this number, twice; returns its pid.
pid_t startWriter(int number)
{
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    const std::string command =
        "for port in 1 2; do iptables-legacy -w -A FORWARD -p tcp -s 192.0.2." +
        std::to_string(number) + " --dport $port -j DROP || exit 1; done";
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
}

/// One round of a guard: our rule away if it is there, then back at the head.
bool rewrite(xtables::Backend& backend)
{
    const auto snapshot = look(backend, forward);
    Plan plan;
    for (const TaggedRule& rule : snapshot.tagged)
        plan.push_back(
            DeleteRule{forward, {rule.id, Family::ip}, snapshot.rules[rule.index].handle});
    plan.push_back(insertRule(forward, {"r", Family::ip}, acceptFrom("a"), {}, AtHead{}));
    return std::holds_alternative<Committed>(backend.commit(plan, snapshot.generation));
}

} // namespace

TEST_CASE("64 concurrent writers lose none of their rules while we commit")
{
    const Namespace inside;
    sh("iptables-legacy -L -n");
    auto backend = pollingBackend();
    (void)look(backend, forward);
    // All at once would leave it to chance whether the lock is ever ours while they write.
    std::vector<pid_t> writers;
    int commits = 0;
    for (int number = 1; number <= 64; ++number) {
        writers.push_back(startWriter(number));
        if (number % 8 == 0)
            for (int tries = 0; tries < 100 && commits < number / 8; ++tries)
                commits += rewrite(backend) ? 1 : 0;
    }
    for (const pid_t writer : writers) {
        int status = -1;
        ::waitpid(writer, &status, 0);
        CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
    commits += rewrite(backend) ? 1 : 0;

    auto rules = rulesOf(forward);
    CHECK(commits == 9);
    REQUIRE(rules.size() == 129);
    CHECK(rules[0].find("fwd-guard:r") != std::string::npos);
    std::sort(rules.begin(), rules.end());
    CHECK(std::adjacent_find(rules.begin(), rules.end()) == rules.end());
}

TEST_CASE("a chain of 20,000 rules is repaired without losing one")
{
    const Namespace inside;
    sh("{ echo '*filter'; for a in $(seq 0 79); do for b in $(seq 0 249); do "
       "echo \"-A FORWARD -s 10.1.$a.$b/32 -p tcp -m tcp --dport 80 -j DROP\"; done; done; "
       "echo COMMIT; } | iptables-legacy-restore");
    auto backend = pollingBackend();
    const std::string before = sh("iptables-legacy-save -c | grep -v '^#'");
    REQUIRE(look(backend, forward).rules.size() == 20'000);
    REQUIRE(rewrite(backend));
    const auto snapshot = look(backend, forward);
    REQUIRE(snapshot.rules.size() == 20'001);
    REQUIRE(snapshot.tagged.size() == 1);
    CHECK(snapshot.tagged[0].index == 0);
    CHECK_FALSE(backend.changes().foreign());
    sh("iptables-legacy -D FORWARD 1");
    CHECK(sh("iptables-legacy-save -c | grep -v '^#'") == before);
}

TEST_CASE("a writer without the lock makes plans stale, never wrong: all are made in the end")
{
    const Namespace inside;
    sh("iptables-legacy -A FORWARD -j DROP");
    auto backend = pollingBackend();
    (void)look(backend, forward);
    const pid_t writer = ::fork();
    if (writer == 0) {
        // It ends: each look reads the whole table, and slow looks are stale for as long as it
        // writes.
        const std::string script =
            "export XTABLES_LOCKFILE=" + inside.lockFile().string() +
            ".other; for i in $(seq 200); do iptables-legacy -A INPUT -j DROP; done";
        ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
        ::_exit(127);
    }
    for (int number = 0; number < 20;) {
        const auto snapshot = look(backend, forward);
        const RuleKey key{"r" + std::to_string(number), Family::ip};
        if (std::ranges::any_of(
                snapshot.tagged, [&](const auto& rule) { return rule.id == key.id; })) {
            ++number; // made before the writer came: see Stale
            continue;
        }
        const Plan plan{insertRule(forward, key, acceptFrom("a"), {}, AtTail{})};
        const auto result = backend.commit(plan, snapshot.generation);
        if (const auto* failed = std::get_if<CommitFailed>(&result))
            FAIL(failed->error.message());
        if (std::holds_alternative<Committed>(result))
            ++number;
    }
    ::waitpid(writer, nullptr, 0);
    std::filesystem::remove(inside.lockFile().string() + ".other");
    CHECK(rulesOf(forward).size() == 21);
}
