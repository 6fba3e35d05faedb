// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/daemon/daemon_process.hpp"
#include "support.hpp"
#include "support/catch.hpp"
#include "support/plan.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <sys/wait.h>

using namespace fwdguard;
using fwdguard::test::insertRule;
using namespace fwdguard::legacy;

namespace {

/// Processes that add three rules each to FORWARD with `iptables-legacy -w`.
class Writers {
  public:
    /// They start and wait for release().
    explicit Writers(int count)
    {
        REQUIRE(::pipe2(gate_.data(), O_CLOEXEC) == 0);
        for (int number = 1; number <= count; ++number)
            pids_.push_back(start(number));
        ::close(gate_[0]);
    }
    Writers(const Writers&) = delete;
    Writers& operator=(const Writers&) = delete;

    /// All go on at once.
    void release() const { ::close(gate_[1]); }

    /// Whether some have not ended yet.
    [[nodiscard]] bool running()
    {
        std::erase_if(pids_, [this](pid_t pid) {
            int status = -1;
            if (::waitpid(pid, &status, WNOHANG) == 0)
                return false;
            failures_ += status == 0 ? 0 : 1;
            return true;
        });
        return !pids_.empty();
    }

    /// Of those that have ended.
    [[nodiscard]] int failures() const { return failures_; }

    /// The rules that `count` of them add, as iptables-legacy prints them.
    [[nodiscard]] static std::multiset<std::string> rules(int count)
    {
        std::multiset<std::string> rules;
        for (int number = 1; number <= count; ++number)
            for (int port = 1; port <= 3; ++port)
                rules.insert(
                    "-A FORWARD -s 192.0.2." + std::to_string(number) +
                    "/32 -p tcp -m tcp --dport " + std::to_string(port) + " -j DROP");
        return rules;
    }

  private:
    [[nodiscard]] pid_t start(int number) const
    {
        const pid_t pid = ::fork();
        if (pid != 0)
            return pid;
        ::dup2(gate_[0], STDIN_FILENO);
        ::close(gate_[1]);
        const std::string script = "read -r nothing; for port in 1 2 3; do "
                                   "iptables-legacy -w -A FORWARD -p tcp -s 192.0.2." +
                                   std::to_string(number) +
                                   " --dport $port -j DROP || exit 1; done";
        ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
        ::_exit(127);
    }

    std::array<int, 2> gate_{};
    std::vector<pid_t> pids_;
    int failures_ = 0;
};

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

TEST_CASE("64 concurrent writers lose none of their rules while the daemon repairs")
{
    const Namespace inside;
    // The longer the table, the longer each writer takes between reading and replacing it.
    sh("{ printf '*filter\\n:FORWARD DROP\\n'; for a in $(seq 2); do for b in $(seq 250); do "
       "echo \"-A INPUT -s 10.1.$a.$b/32 -j DROP\"; done; done; echo COMMIT; } | "
       "iptables-legacy-restore");
    const test::Scratch scratch;
    const auto file = scratch.write("c.json", R"({"backend":"legacy",
        "legacy":{"watch":"poll","poll_interval":"1h"},
        "pacing":{"burst":1000000,"window":"1s","max_delay":"10ms"},
        "rules":[{"id":"r","family":"ip","table":"filter","chain":"FORWARD",
                  "match":{"out_interface":"eth7"},"verdict":"accept"}]})");
    test::DaemonProcess daemon(scratch, {"--config", file});
    REQUIRE(daemon.notified("READY=1"));
    const std::string ours = "-A FORWARD -o eth7 -m comment --comment \"fwd-guard:r\" -j ACCEPT";
    REQUIRE(rulesOf(forward) == std::vector{ours});

    Writers writers(64);
    writers.release();
    int deleted = 0;
    while (writers.running())
        deleted += run("iptables-legacy -w -D" + ours.substr(2)).status == 0 ? 1 : 0;
    CHECK(deleted >= 1);
    CHECK(writers.failures() == 0);

    const auto ourFirst = [&] {
        const auto rules = rulesOf(forward);
        return !rules.empty() && rules.front() == ours;
    };
    CHECK(test::eventually(ourFirst));
    const auto rules = rulesOf(forward);
    const std::multiset<std::string> foreign(rules.begin() + 1, rules.end());
    CHECK(foreign == Writers::rules(64));
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
